using System.Buffers.Binary;

namespace ClipGrpc.Imaging.Files;

/// <summary>Where a PNG has its palette, and how many colors its pixels can refer to.</summary>
/// <param name="Offset">Of the chunk; 0 where there is none.</param>
/// <param name="Length">Of the chunk's data.</param>
/// <param name="Colors">Two to the power of the bit depth; 0 where the pixels are no indices.</param>
internal readonly record struct PngPalette(int Offset, int Length, int Colors)
{
    /// <summary>Of the chunk's data.</summary>
    public int DataOffset => Offset + PngFile.ChunkHeaderLength;

    /// <summary>
    /// The decoder has an idea of its own of a pixel whose color the palette lacks. In Pillow it is the gray of its
    /// number, so those grays are put into a copy of the file.
    /// </summary>
    /// <returns>Null where the palette is complete.</returns>
    public PooledFile? Complete(ReadOnlySpan<byte> file)
    {
        if (Offset == 0 || Length >= Colors * 3 || Length % 3 != 0)
            return null;

        var added = (Colors * 3) - Length;
        var end = DataOffset + Length;
        var copy = new PooledFile(file.Length + added);
        var target = copy.Bytes;
        file[..end].CopyTo(target);
        BinaryPrimitives.WriteInt32BigEndian(target[Offset..], Colors * 3);
        for (var i = 0; i < added; i++)
            target[end + i] = (byte)((Length + i) / 3);
        var chunk = target.Slice(Offset + 4, 4 + (Colors * 3));
        BinaryPrimitives.WriteUInt32BigEndian(target[(end + added)..], Crc32.Compute(chunk, default));
        file[(end + PngFile.CrcLength)..].CopyTo(target[(end + added + PngFile.CrcLength)..]);
        return copy;
    }
}
