using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>The orientation in a PNG's eXIf chunk, which the decoder does not look at.</summary>
internal static class PngOrientation
{
    private const int SignatureLength = 8;
    private const int ChunkOverhead = 12;
    private const int DirectoryEntryLength = 12;
    private const int OrientationTag = 0x112;
    private const int ShortType = 3;

    /// <summary>Top left where there is no chunk, or none that can be read.</summary>
    public static ExifOrientation Read(ReadOnlySpan<byte> file)
    {
        var rest = file.Length < SignatureLength ? default : file[SignatureLength..];
        while (rest.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - ChunkOverhead)
                break;
            if (rest[4..8].SequenceEqual("eXIf"u8))
                return ReadTiff(rest.Slice(8, (int)length));
            rest = rest[((int)length + ChunkOverhead)..];
        }

        return ExifOrientation.TopLeft;
    }

    private static ExifOrientation ReadTiff(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8 || !(tiff.StartsWith("MM\0*"u8) || tiff.StartsWith("II*\0"u8)))
            return ExifOrientation.TopLeft;

        var bigEndian = tiff[0] == 'M';
        var offset = bigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(tiff[4..])
            : BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]);
        if (offset > tiff.Length - 2)
            return ExifOrientation.TopLeft;

        var directory = tiff[(int)offset..];
        var entries = ReadUInt16(directory, bigEndian);
        directory = directory[2..];
        for (var i = 0; i < entries && directory.Length >= DirectoryEntryLength; i++)
        {
            var tag = ReadUInt16(directory, bigEndian);
            if (tag == OrientationTag && ReadUInt16(directory[2..], bigEndian) == ShortType)
                return (ExifOrientation)ReadUInt16(directory[8..], bigEndian);
            directory = directory[DirectoryEntryLength..];
        }

        return ExifOrientation.TopLeft;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool bigEndian) => bigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes)
        : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
