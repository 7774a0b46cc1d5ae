using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>The container of a WebP: whether it is whole, which the decoder does not check, and its metadata.</summary>
internal static class WebPFile
{
    private const string Format = "WebP";
    private const int HeaderLength = 12;
    private const int ChunkHeaderLength = 8;
    private const byte ExifFlag = 0x08;
    private const byte XmpFlag = 0x04;

    /// <returns>The orientation in the metadata; top left where there is none.</returns>
    /// <exception cref="ClipException">The container is cut off or damaged.</exception>
    public static ExifOrientation Check(ReadOnlySpan<byte> file)
    {
        var end = BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) + 8L;
        if (end > file.Length)
        {
            DamagedImage.Throw(
                Format, $"it has {file.Length:N0} of the {end:N0} bytes that its header states");
        }

        var rest = file[HeaderLength..(int)Math.Max(end, HeaderLength)];
        if (!rest.StartsWith("VP8X"u8))
        {
            // What follows the one chunk of a simple file is not looked at.
            TakeChunk(ref rest);
            if (rest.Length is > 0 and < ChunkHeaderLength)
                ThrowPartOfChunk(rest.Length);
            return ExifOrientation.TopLeft;
        }

        return ReadExtended(rest);
    }

    /// <returns>The pixels of the canvas.</returns>
    /// <exception cref="ClipException">The container is cut off.</exception>
    public static long ReadSize(ReadOnlySpan<byte> file)
    {
        const int Longest = 18;
        if (file.Length < HeaderLength + Longest)
            ThrowPartOfChunk(file.Length);

        var chunk = file[(HeaderLength + ChunkHeaderLength)..];
        switch (file[HeaderLength + 3])
        {
            case (byte)'X':
                return (1L + ReadUInt24(chunk[4..])) * (1L + ReadUInt24(chunk[7..]));
            case (byte)'L':
                var packed = BinaryPrimitives.ReadUInt32LittleEndian(chunk[1..]);
                return (1L + (packed & 0x3FFF)) * (1L + ((packed >> 14) & 0x3FFF));
            default:
                return (BinaryPrimitives.ReadUInt16LittleEndian(chunk[6..]) & 0x3FFFL)
                    * (BinaryPrimitives.ReadUInt16LittleEndian(chunk[8..]) & 0x3FFF);
        }
    }

    private static int ReadUInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static ExifOrientation ReadExtended(ReadOnlySpan<byte> rest)
    {
        var header = TakeChunk(ref rest);
        var flags = header.Length > 0 ? header[0] : (byte)0;
        var exif = default(ReadOnlySpan<byte>);
        var xmp = default(ReadOnlySpan<byte>);
        while (rest.Length > 0)
        {
            var name = rest[..Math.Min(4, rest.Length)];
            var chunk = TakeChunk(ref rest);
            if (name.SequenceEqual("EXIF"u8) && exif.IsEmpty && (flags & ExifFlag) != 0)
                exif = chunk;
            else if (name.SequenceEqual("XMP "u8) && xmp.IsEmpty && (flags & XmpFlag) != 0)
                xmp = chunk;
        }

        return ExifDirectory.ReadOrientation(exif)
            ?? XmpPacket.ReadOrientation(xmp)
            ?? ExifOrientation.TopLeft;
    }

    private static ReadOnlySpan<byte> TakeChunk(scoped ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < ChunkHeaderLength)
            ThrowPartOfChunk(rest.Length);

        var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        var padded = length + (length & 1L);
        if (padded > rest.Length - ChunkHeaderLength)
        {
            var left = rest.Length - ChunkHeaderLength;
            DamagedImage.Throw(Format, $"a chunk of {length:N0} bytes exceeds the remaining {left:N0} bytes");
        }

        var chunk = rest.Slice(ChunkHeaderLength, (int)length);
        rest = rest[(int)(ChunkHeaderLength + padded)..];
        return chunk;
    }

    private static void ThrowPartOfChunk(int length) =>
        DamagedImage.Throw(Format, $"its last {length} bytes are not a complete chunk");
}
