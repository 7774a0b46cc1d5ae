using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ClipGrpc.Client.Internal;

/// <summary>The bytes of a message as the numbers that they are, without a copy.</summary>
/// <param name="bytes">Little-endian half precision numbers.</param>
internal sealed class HalfMemory(ReadOnlyMemory<byte> bytes) : MemoryManager<Half>
{
    public const int ElementBytes = 2;

    public static ReadOnlyMemory<Half> Of(ReadOnlyMemory<byte> bytes) =>
        BitConverter.IsLittleEndian ? new HalfMemory(bytes).Memory : Swapped(bytes.Span);

    public override Span<Half> GetSpan() =>
        MemoryMarshal.Cast<byte, Half>(MemoryMarshal.AsMemory(bytes).Span);

    public override MemoryHandle Pin(int elementIndex = 0) => bytes[(elementIndex * ElementBytes)..].Pin();

    public override void Unpin()
    {
        // The handle that Pin gave out unpins the bytes.
    }

    protected override void Dispose(bool disposing)
    {
        // The bytes belong to the message.
    }

    private static Half[] Swapped(ReadOnlySpan<byte> bytes)
    {
        var values = new Half[bytes.Length / ElementBytes];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * ElementBytes)..]);
        return values;
    }
}
