using System.Buffers.Binary;

namespace ClipGrpc.Tests.Fuzzing;

/// <summary>Random damage to sound data.</summary>
internal static class Mutation
{
    private static readonly ulong[] Extremes =
    [
        0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000,
        ulong.MaxValue,
    ];

    /// <summary>
    /// Makes one to four changes: a byte, an extreme number, or a part that is cut, duplicated or moved; mostly in the
    /// first or last kilobytes, which hold the structure.
    /// </summary>
    public static byte[] Damage(byte[] sound, Random random)
    {
        var bytes = sound.ToArray();
        for (var i = random.Next(1, 5); i > 0 && bytes.Length > 8; i--)
        {
            var position = Position(bytes.Length, random);
            var end = position + random.Next(1, Math.Min(64, bytes.Length - position) + 1);
            switch (random.Next(7))
            {
                case 0: bytes[position] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[position] = (byte)random.Next(256); break;
                case 2: WriteExtreme(bytes, Math.Min(position, bytes.Length - 8), random); break;
                case 3: bytes = [.. bytes[..position], .. bytes[end..]]; break;
                case 4: bytes = [.. bytes[..end], .. bytes[position..]]; break;
                case 5:
                    var target = Math.Min(Position(bytes.Length, random), bytes.Length - (end - position));
                    bytes.AsSpan(position, end - position).CopyTo(bytes.AsSpan(target));
                    break;
                default: bytes[position] = (byte)"0123456789-.eE{}[]\",:"[random.Next(21)]; break;
            }
        }

        return bytes;
    }

    private static int Position(int length, Random random) => random.Next(4) switch
    {
        0 => random.Next(length),
        1 => length - 1 - random.Next(Math.Min(length, 1500)),
        _ => random.Next(Math.Min(length, 1500)),
    };

    private static void WriteExtreme(byte[] bytes, int position, Random random)
    {
        var value = Extremes[random.Next(Extremes.Length)];
        switch (random.Next(3))
        {
            case 0: BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(position), (ushort)value); break;
            case 1: BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(position), (uint)value); break;
            default: BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(position), value); break;
        }
    }
}
