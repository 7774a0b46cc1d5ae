using System.Buffers.Binary;
using System.Text;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// The chunks of a PNG: damage that the decoder passes over and Pillow refuses, and the metadata. Pillow checks the
/// checksums of all chunks before the pixels, and of none behind them.
/// </summary>
internal ref struct PngFile
{
    /// <summary>Of a chunk's length and name.</summary>
    public const int ChunkHeaderLength = 8;

    public const int CrcLength = 4;

    private const string Format = "PNG";
    private const int SignatureLength = 8;
    private const int HeaderLength = 13;
    private readonly int _fileLength;
    private ReadOnlySpan<byte> _rest;
    private PngLayout _layout;
    private PngText _text;
    private bool _hasExif;
    private ExifOrientation? _exif;

    private PngFile(ReadOnlySpan<byte> file)
    {
        _fileLength = file.Length;
        _rest = file[SignatureLength..];
    }

    /// <returns>The orientation in the metadata; top left where there is none.</returns>
    /// <exception cref="ClipException">A chunk is cut off or damaged.</exception>
    public static ExifOrientation Check(ReadOnlySpan<byte> file, out PngLayout layout)
    {
        var png = new PngFile(file);
        png.ReadBeforePixels();
        layout = png._layout;
        png.ReadBehindPixels();

        // Orientation is looked for in the XMP packet only where EXIF, of whichever chunk, has none.
        var exif = png._hasExif ? png._exif : png._text.ProfileOrientation;
        return exif ?? png._text.XmpOrientation ?? ExifOrientation.TopLeft;
    }

    /// <returns>The pixels.</returns>
    /// <exception cref="ClipException">The header is cut off.</exception>
    public static long ReadSize(ReadOnlySpan<byte> file, out bool isInterlaced)
    {
        var rest = file[Math.Min(SignatureLength + ChunkHeaderLength, file.Length)..];
        if (rest.Length < HeaderLength)
            DamagedImage.Throw(Format, "it ends in its header");
        isInterlaced = rest[12] != 0;
        return BinaryPrimitives.ReadUInt32BigEndian(rest) * (long)BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
    }

    private void ReadBeforePixels()
    {
        while (true)
        {
            if (_rest.Length < ChunkHeaderLength || !IsName(_rest[4..8]))
                DamagedImage.Throw(Format, "there is no chunk where one should begin");

            var name = _rest[4..8];
            var offset = _fileLength - _rest.Length;
            if (name.SequenceEqual("IDAT"u8))
            {
                _layout = _layout with { PixelOffset = offset };
                return;
            }

            var data = TakeData();
            if (_rest.Length < CrcLength)
                DamagedImage.Throw(Format, $"it ends in its {Name(name)} chunk");

            if (Crc32.Compute(name, data) != BinaryPrimitives.ReadUInt32BigEndian(_rest))
                DamagedImage.Throw(Format, $"the checksum of its {Name(name)} chunk is wrong");

            _rest = _rest[CrcLength..];
            if (name.SequenceEqual("IEND"u8))
                DamagedImage.Throw(Format, "it has no pixels");
            Read(name, data);
            if (name.SequenceEqual("PLTE"u8))
                _layout = _layout with { Palette = new PngPalette(offset, data.Length, Colors) };
            else if (name.SequenceEqual("tRNS"u8))
                ReadTransparency(offset + ChunkHeaderLength, data.Length);
        }
    }

    private void ReadBehindPixels()
    {
        // Where the pixels end is the decoder's matter: what follows must be whole chunks, or nothing.
        while (_rest.Length >= ChunkHeaderLength && IsName(_rest[4..8]) && !_rest[4..8].SequenceEqual("IEND"u8))
        {
            var name = _rest[4..8];
            if (name.SequenceEqual("IDAT"u8) && DataLength > _rest.Length - ChunkHeaderLength)
                return;

            Read(name, TakeData());
            _rest = _rest[Math.Min(CrcLength, _rest.Length)..];
        }
    }

    private readonly uint DataLength => BinaryPrimitives.ReadUInt32BigEndian(_rest);

    private ReadOnlySpan<byte> TakeData()
    {
        var length = DataLength;
        if (length > _rest.Length - ChunkHeaderLength)
        {
            DamagedImage.Throw(
                Format,
                $"its {Name(_rest[4..8])} chunk has {_rest.Length - ChunkHeaderLength:N0} of {length:N0} bytes");
        }

        var data = _rest.Slice(ChunkHeaderLength, (int)length);
        _rest = _rest[(ChunkHeaderLength + (int)length)..];
        return data;
    }

    /// <summary>Takes the metadata of a chunk and checks what is needed of it.</summary>
    private void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        switch (Encoding.Latin1.GetString(name))
        {
            case "IHDR":
                Require(data.Length >= HeaderLength, name);
                _layout = _layout with
                {
                    Width = BinaryPrimitives.ReadInt32BigEndian(data),
                    Height = BinaryPrimitives.ReadInt32BigEndian(data[4..]),
                    Depth = data[8],
                    ColorType = data[9],
                    IsInterlaced = data[12] != 0,
                };
                Require(data[11] == 0, name);
                break;
            case "tRNS":
                Require(
                    _layout.ColorType switch
                    {
                        PngLayout.Gray => data.Length >= 2,
                        PngLayout.Rgb => data.Length >= 6,
                        _ => true,
                    },
                    name);
                break;
            case "gAMA":
                Require(data.Length >= 4, name);
                break;
            case "cHRM":
                Require(data.Length % 4 == 0, name);
                break;
            case "sRGB":
                Require(data.Length >= 1, name);
                break;
            case "pHYs":
                Require(data.Length >= 9, name);
                break;
            case "acTL":
                Require(data.Length >= 8, name);
                break;
            case "fcTL":
                CheckFrame(name, data);
                break;
            case "iCCP":
                var end = data.IndexOf((byte)0);
                Require(end >= 0 && end + 1 < data.Length && data[end + 1] == 0, name);
                break;
            case "eXIf":
                _hasExif = true;
                _exif = ExifDirectory.ReadOrientation(data);
                break;
            case "tEXt":
                ReadText(data);
                break;
            case "zTXt":
                Require(_text.ReadCompressed(data), name);
                break;
            case "iTXt":
                _text.ReadInternational(data);
                break;
        }
    }

    private readonly int Colors => _layout.ColorType == PngLayout.Indexed ? 1 << Math.Min(_layout.Depth, 8) : 0;

    /// <summary>The first one counts, and of indexed pixels only one behind the palette.</summary>
    private void ReadTransparency(int offset, int length)
    {
        var isUsed = _layout.ColorType switch
        {
            PngLayout.Gray or PngLayout.Rgb => true,
            PngLayout.Indexed => _layout.Palette.Offset > 0,
            _ => false,
        };
        if (isUsed && !_layout.HasTransparency)
            _layout = _layout with { TransparencyOffset = offset, TransparencyLength = length };
    }

    /// <summary>The default image of an animation is its first frame and fills the canvas.</summary>
    private readonly void CheckFrame(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Require(data.Length >= 26, name);
        var isFirst = BinaryPrimitives.ReadInt32BigEndian(data) == 0;
        Require(
            !isFirst || (BinaryPrimitives.ReadInt32BigEndian(data[4..]) == _layout.Width
                && BinaryPrimitives.ReadInt32BigEndian(data[8..]) == _layout.Height),
            name);
    }

    private void ReadText(ReadOnlySpan<byte> data)
    {
        _text.ReadPlain(data);

        // Pillow takes a text of this name for the EXIF data itself.
        if (data.StartsWith("exif\0"u8))
        {
            _hasExif = true;
            _exif = ExifDirectory.ReadOrientation(data[5..]);
        }
    }

    private static void Require(bool valid, ReadOnlySpan<byte> name)
    {
        if (!valid)
            DamagedImage.Throw(Format, $"its {Name(name)} chunk is not valid");
    }

    private static bool IsName(ReadOnlySpan<byte> name)
    {
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '_')
                return false;
        }

        return true;
    }

    private static string Name(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);
}
