using System.Buffers.Binary;
using System.Numerics;

namespace ClipGrpc.Models.Files;

/// <summary>CRC-32C (Castagnoli), as iSCSI and ext4 define it: of "123456789" it is E3069283.</summary>
internal static class Crc32C
{
    /// <summary>The checksum of everything before, then <paramref name="bytes"/>.</summary>
    /// <param name="crc">Of everything before; 0 for nothing.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
