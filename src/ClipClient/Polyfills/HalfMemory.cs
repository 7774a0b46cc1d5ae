using System.Buffers.Binary;

namespace ClipGrpc.Client.Internal;

/// <summary>.NET Standard has no <c>Half</c>: the numbers are converted to floats.</summary>
internal static class HalfMemory
{
    public const int ElementBytes = 2;

    /// <param name="bytes">Little-endian half precision numbers.</param>
    public static ReadOnlyMemory<float> Of(ReadOnlyMemory<byte> bytes)
    {
        var values = new float[bytes.Length / ElementBytes];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadHalfLittleEndian(bytes.Span[(i * ElementBytes)..]);
        return values;
    }
}
