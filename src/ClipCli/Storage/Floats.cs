using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ClipGrpc.Cli.Storage;

/// <summary>Numbers of files: little-endian float32.</summary>
internal static class Floats
{
    /// <param name="bytes">Four for each value.</param>
    public static void Write(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        MemoryMarshal.AsBytes(values).CopyTo(bytes);
        ReverseIfNeeded(MemoryMarshal.Cast<byte, int>(bytes[..(values.Length * sizeof(float))]));
    }

    /// <param name="bytes">Four for each value.</param>
    public static void Read(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        bytes[..(values.Length * sizeof(float))].CopyTo(MemoryMarshal.AsBytes(values));
        ReverseIfNeeded(MemoryMarshal.Cast<float, int>(values));
    }

    private static void ReverseIfNeeded(Span<int> bits)
    {
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(bits, bits);
    }
}
