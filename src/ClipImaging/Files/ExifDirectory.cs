using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// The orientation in EXIF data, which is a TIFF file, wherever an image format keeps it. Values of every numeric type
/// count, as in Pillow; of several entries the last one does.
/// </summary>
internal readonly ref struct ExifDirectory
{
    private const int HeaderLength = 8;
    private const int EntryLength = 12;
    private const int InlineLength = 4;
    private const int OrientationTag = 0x112;
    private readonly ReadOnlySpan<byte> _tiff;
    private readonly bool _bigEndian;

    private ExifDirectory(ReadOnlySpan<byte> tiff)
    {
        _tiff = tiff;
        _bigEndian = tiff[0] == 'M';
    }

    /// <param name="exif">With or without the prefix <c>Exif\0\0</c>.</param>
    /// <returns>
    /// Null where there is no orientation or the data is not EXIF; top left where the value does not exist.
    /// </returns>
    public static ExifOrientation? ReadOrientation(ReadOnlySpan<byte> exif)
    {
        var tiff = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        return IsTiff(tiff) ? new ExifDirectory(tiff).FindOrientation() : null;
    }

    /// <summary>The two marks of TIFF, and two that swap the bytes of 42, which Pillow reads too.</summary>
    private static bool IsTiff(ReadOnlySpan<byte> data) => data.Length >= HeaderLength
        && (data.StartsWith("MM\0*"u8) || data.StartsWith("II*\0"u8)
            || data.StartsWith("MM*\0"u8) || data.StartsWith("II\0*"u8) || data.StartsWith("MM\0+"u8));

    private ExifOrientation? FindOrientation()
    {
        ExifOrientation? found = null;
        long position = ReadUInt32(_tiff[4..]);
        if (position > _tiff.Length - 2)
            return found;

        var entries = ReadUInt16(_tiff[(int)position..]);
        position += 2;
        for (var i = 0; i < entries && position <= _tiff.Length - EntryLength; i++, position += EntryLength)
        {
            var entry = _tiff.Slice((int)position, EntryLength);
            var type = ReadUInt16(entry[2..]);
            var length = ReadUInt32(entry[4..]) * (long)UnitLength(type);
            var offset = length <= InlineLength ? position + 8 : ReadUInt32(entry[8..]);

            // A value that is not there ends the directory, whatever tag it belongs to.
            if (offset > _tiff.Length - length)
                return found;
            if (length > 0 && ReadUInt16(entry) == OrientationTag)
                found = ToOrientation(type, _tiff[(int)offset..]);
        }

        return found;
    }

    private static int UnitLength(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 => 8,
        _ => 0,
    };

    /// <summary>The first value; bytes and text are no numbers.</summary>
    private ExifOrientation ToOrientation(int type, ReadOnlySpan<byte> value)
    {
        var number = type switch
        {
            3 => ReadUInt16(value),
            4 or 13 => ReadUInt32(value),
            5 => (double)ReadUInt32(value) / ReadUInt32(value[4..]),
            6 => (sbyte)value[0],
            8 => (short)ReadUInt16(value),
            9 => (int)ReadUInt32(value),
            10 => (double)(int)ReadUInt32(value) / (int)ReadUInt32(value[4..]),
            11 => BitConverter.UInt32BitsToSingle(ReadUInt32(value)),
            12 => BitConverter.UInt64BitsToDouble(ReadUInt64(value)),
            16 => ReadUInt64(value),
            _ => 0,
        };
        return number is >= 1 and <= 8 && number == Math.Truncate(number)
            ? (ExifOrientation)(int)number
            : ExifOrientation.TopLeft;
    }

    private ushort ReadUInt16(ReadOnlySpan<byte> bytes) => _bigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes)
        : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private uint ReadUInt32(ReadOnlySpan<byte> bytes) => _bigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private ulong ReadUInt64(ReadOnlySpan<byte> bytes) => _bigEndian
        ? BinaryPrimitives.ReadUInt64BigEndian(bytes)
        : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
