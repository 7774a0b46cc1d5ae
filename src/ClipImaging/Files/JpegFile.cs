using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// The segments of a JPEG: damage that the decoder passes over and Pillow refuses, and the metadata. The decoder stops
/// at the last row. Pillow goes on to the end mark, and so it notices a scan that breaks off before something that
/// cannot follow a scan, as the start of another image.
/// </summary>
internal ref struct JpegFile
{
    private const string Format = "JPEG";
    private const byte StartOfImage = 0xD8;
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;
    private const byte QuantizationTables = 0xDB;
    private const byte RestartInterval = 0xDD;
    private const byte HuffmanTables = 0xC4;
    private const byte ArithmeticConditioning = 0xCC;
    private const byte Application0 = 0xE0;
    private const byte Application1 = 0xE1;
    private const byte Application14 = 0xEE;
    private const byte Comment = 0xFE;
    private const int BlockSize = 8;
    private ReadOnlySpan<byte> _rest;
    private JpegFrame _frame;
    private int _restartInterval;
    private ReadOnlySpan<byte> _exif;
    private ReadOnlySpan<byte> _xmp;

    private JpegFile(ReadOnlySpan<byte> file)
    {
        _rest = file[2..];
    }

    /// <param name="hasEndMark">Whether the end mark, FFD9, is anywhere behind the header.</param>
    /// <param name="coefficientBytes">What the decoder keeps of several scans; 0 if it needs one only.</param>
    /// <returns>The orientation in the metadata; top left where there is none.</returns>
    /// <exception cref="ClipException">The file is damaged.</exception>
    public static ExifOrientation Check(
        ReadOnlySpan<byte> file, out bool hasEndMark, out long coefficientBytes)
    {
        var jpeg = new JpegFile(file);
        var scan = jpeg.ReadHeader();
        hasEndMark = jpeg._rest.LastIndexOf((ReadOnlySpan<byte>)[0xFF, EndOfImage]) >= 0;

        // Of several scans the decoder reads all, to the end mark, before it has the first row.
        var hasOneScan = jpeg.HasOneScan(scan);
        coefficientBytes = hasOneScan ? 0 : jpeg._frame.CoefficientBytes;
        if (hasOneScan)
        {
            jpeg.PassRestarts();
            jpeg.CheckBehindScan();
        }

        return ExifDirectory.ReadOrientation(jpeg._exif)
            ?? XmpPacket.ReadOrientation(jpeg._xmp)
            ?? ExifOrientation.TopLeft;
    }

    /// <param name="scans">The number of scans; 0 if the rows are decoded from a single one.</param>
    /// <exception cref="ClipException">The header is damaged.</exception>
    public static JpegFrame ReadFrame(ReadOnlySpan<byte> file, out int scans)
    {
        var jpeg = new JpegFile(file);
        var hasOneScan = jpeg.HasOneScan(jpeg.ReadHeader());
        scans = hasOneScan ? 0 : 1;
        while (!hasOneScan && jpeg.TryReadMarker(out var marker))
            scans += marker == StartOfScan ? 1 : 0;
        return jpeg._frame;
    }

    private readonly bool HasOneScan(ReadOnlySpan<byte> firstScan) =>
        firstScan.Length > 0 && firstScan[0] >= _frame.Components && !_frame.IsProgressive;

    /// <returns>The header of the first scan.</returns>
    private ReadOnlySpan<byte> ReadHeader()
    {
        while (true)
        {
            if (!TryReadMarker(out var marker))
                DamagedImage.Throw(Format, "it ends before its first scan");

            // Marks without a segment.
            if (marker is (>= 0xD0 and <= 0xD7) or StartOfImage or EndOfImage)
                continue;
            if (marker < 0xC0)
                DamagedImage.Throw(Format, $"its header has the unknown marker FF{marker:X2}");

            var segment = TakeSegment(marker);
            switch (marker)
            {
                case StartOfScan:
                    return segment;
                case RestartInterval when segment.Length >= 2:
                    _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case QuantizationTables:
                    CheckQuantizationOfHeader(segment);
                    break;
                case ArithmeticConditioning:
                    CheckConditioning(segment, segment.Length);
                    break;
                case Application0 when segment.StartsWith("JFIF"u8):
                    Require(segment.Length >= 7, marker);
                    break;
                case Application1:
                    ReadMetadata(segment);
                    break;
                case Application14 when segment.StartsWith("Adobe"u8):
                    Require(segment.Length >= 7, marker);
                    break;
                case >= 0xC0 and <= 0xCF and not (HuffmanTables or 0xC8 or ArithmeticConditioning):
                    Require(JpegFrame.TryRead(segment, marker, out _frame), marker);
                    break;
            }
        }
    }

    /// <summary>The first EXIF segment counts, even if it is empty, and the last XMP packet.</summary>
    private void ReadMetadata(ReadOnlySpan<byte> segment)
    {
        var xmpName = "http://ns.adobe.com/xap/1.0/\0"u8;
        if (segment.StartsWith("Exif\0"u8) && _exif.IsEmpty)
            _exif = segment;
        else if (segment.StartsWith(xmpName))
            _xmp = segment[xmpName.Length..];
    }

    /// <summary>
    /// Goes over the restart marks that the decoder looks for within a scan. It resynchronizes where it meets another
    /// mark, so which of them it consumes follows from their order only, not from the data between them.
    /// </summary>
    private void PassRestarts()
    {
        if (_restartInterval == 0)
            return;

        var restarts = (_frame.Units - 1) / _restartInterval;
        for (var restart = 0L; restart < restarts; restart++)
        {
            if (!PassRestart((int)(restart & 7)))
                return;
        }
    }

    /// <returns>False where no further restart mark is consumed.</returns>
    private bool PassRestart(int expected)
    {
        while (true)
        {
            var atMark = _rest;
            if (!TryReadMarker(out var marker))
                return false;

            if (marker is >= 0xD0 and <= 0xD7)
            {
                var ahead = (marker - 0xD0 - expected) & 7;

                // One of the next two: it stays, and the restarts up to it are missing. One of the last two: it is
                // passed over.
                if (ahead is 1 or 2)
                    _rest = atMark;
                if (ahead is not (6 or 7))
                    return true;
            }
            else if (marker >= 0xC0)
            {
                _rest = atMark;
                return false;
            }
        }
    }

    /// <summary>The marks from the end of the only scan to the end of the image, or of the file.</summary>
    private void CheckBehindScan()
    {
        while (TryReadMarker(out var marker) && marker != EndOfImage)
        {
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7))
                continue;
            if (marker is not (HuffmanTables or ArithmeticConditioning or QuantizationTables or RestartInterval
                or 0xDC or (>= 0xE0 and <= 0xEF) or Comment))
            {
                DamagedImage.Throw(Format, $"its scan breaks off before the marker FF{marker:X2}");
            }

            // What the file does not hold of a segment is where Pillow stops; what it does hold must be right.
            if (_rest.Length < 2)
                return;

            var length = Math.Max(BinaryPrimitives.ReadUInt16BigEndian(_rest) - 2, 0);
            var segment = _rest.Slice(2, Math.Min(length, _rest.Length - 2));
            _rest = _rest[(2 + segment.Length)..];
            switch (marker)
            {
                case HuffmanTables:
                    CheckHuffman(segment, length);
                    break;
                case QuantizationTables:
                    CheckQuantization(segment, length);
                    break;
                case ArithmeticConditioning:
                    CheckConditioning(segment, length);
                    break;
                case RestartInterval:
                    Require(length == 2, marker);
                    break;
            }
        }
    }

    /// <summary>Goes to the next mark, over anything before it.</summary>
    private bool TryReadMarker(out byte marker)
    {
        while (true)
        {
            var at = _rest.IndexOf((byte)0xFF);
            if (at < 0 || at + 1 >= _rest.Length)
            {
                _rest = default;
                marker = 0;
                return false;
            }

            marker = _rest[at + 1];

            // Of several FF the last one begins the mark; FF00 stands for the byte FF.
            _rest = _rest[(at + (marker == 0xFF ? 1 : 2))..];
            if (marker is not (0 or 0xFF))
                return true;
        }
    }

    private ReadOnlySpan<byte> TakeSegment(byte marker)
    {
        var length = _rest.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(_rest);
        if (_rest.Length < 2 || length > _rest.Length)
            DamagedImage.Throw(Format, $"it ends in the segment FF{marker:X2}");

        var segment = length < 2 ? default : _rest[2..length];
        _rest = _rest[Math.Max(length, 2)..];
        return segment;
    }

    /// <param name="tables">As much of the segment as there is.</param>
    private static void CheckHuffman(ReadOnlySpan<byte> tables, int length)
    {
        const int CountsLength = 16;
        while (length > CountsLength && tables.Length > CountsLength)
        {
            var (index, count) = (tables[0] & ~0x10, 0);
            foreach (var codes in tables.Slice(1, CountsLength))
                count += codes;
            length -= 1 + CountsLength + count;
            Require(count <= 256 && length >= 0, HuffmanTables);
            tables = tables[(1 + CountsLength)..];
            if (count > tables.Length)
                return;
            Require(index < 4, HuffmanTables);
            tables = tables[count..];
        }

        Require(length == 0 || length > CountsLength, HuffmanTables);
    }

    /// <param name="tables">As much of the segment as there is.</param>
    private static void CheckQuantization(ReadOnlySpan<byte> tables, int length)
    {
        while (length > 0 && tables.Length > 0)
        {
            var table = QuantizationLength(tables[0]);
            Require((tables[0] & 0xF) < 4, QuantizationTables);
            if (table > tables.Length)
                return;
            length -= table;
            tables = tables[table..];
        }

        Require(length >= 0, QuantizationTables);
    }

    /// <summary>Pairs of a table's number and its value, which of the first sixteen are two bounds.</summary>
    /// <param name="pairs">As much of the segment as there is.</param>
    private static void CheckConditioning(ReadOnlySpan<byte> pairs, int length)
    {
        const int Tables = 16;
        for (; pairs.Length >= 2; pairs = pairs[2..], length -= 2)
        {
            var (index, value) = (pairs[0], pairs[1]);
            Require(index < 2 * Tables && (index >= Tables || (value & 0xF) <= value >> 4), ArithmeticConditioning);
        }

        Require(length != 1 || pairs.Length == 0, ArithmeticConditioning);
    }

    private static void CheckQuantizationOfHeader(ReadOnlySpan<byte> tables)
    {
        while (tables.Length > 0)
        {
            var table = QuantizationLength(tables[0]);
            Require(table <= tables.Length, QuantizationTables);
            tables = tables[table..];
        }
    }

    private static int QuantizationLength(byte kind) => 1 + (BlockSize * BlockSize * (kind < 0x10 ? 1 : 2));

    private static void Require(bool valid, byte marker)
    {
        if (!valid)
            DamagedImage.Throw(Format, $"its segment FF{marker:X2} is not valid");
    }
}
