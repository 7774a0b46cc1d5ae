using System.IO.Compression;
using System.Text.Unicode;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// The orientation in the text chunks of a PNG: EXIF as ImageMagick writes it, in hexadecimal digits, and XMP. Other
/// texts are not looked at and not inflated. Of several chunks of one kind the last one counts.
/// </summary>
internal struct PngText
{
    /// <summary>The bounds of Pillow: of one text, and of all.</summary>
    private const int MaxInflatedLength = 1 << 20;

    private const int MaxInflatedTotal = 64 << 20;

    /// <summary>Lines before the digits: an empty one, the profile's name and its length.</summary>
    private const int ProfileHeadLines = 3;

    private int _inflated;

    public ExifOrientation? ProfileOrientation { get; private set; }

    public ExifOrientation? XmpOrientation { get; private set; }

    public void ReadPlain(ReadOnlySpan<byte> data)
    {
        var kind = TakeKeyword(ref data);
        if (kind != Keyword.Other)
            Read(kind, data);
    }

    /// <returns>False where the compression is not one that exists.</returns>
    public bool ReadCompressed(ReadOnlySpan<byte> data)
    {
        var kind = TakeKeyword(ref data);
        if (data.Length > 0 && data[0] != 0)
            return false;
        if (kind != Keyword.Other && data.Length > 0)
            ReadInflated(kind, data[1..], isUtf8: false);
        return true;
    }

    /// <summary>Two flags, a language and a translated keyword come before the text.</summary>
    public void ReadInternational(ReadOnlySpan<byte> data)
    {
        var kind = TakeKeyword(ref data);
        if (kind == Keyword.Other || data.Length < 2)
            return;

        var (isCompressed, method) = (data[0] != 0, data[1]);
        data = data[2..];
        for (var i = 0; i < 2; i++)
        {
            var end = data.IndexOf((byte)0);
            if (end < 0 || !Utf8.IsValid(data[..end]))
                return;
            data = data[(end + 1)..];
        }

        if (isCompressed && method == 0)
            ReadInflated(kind, data, isUtf8: true);
        else if (!isCompressed && Utf8.IsValid(data))
            Read(kind, data);
    }

    private static Keyword TakeKeyword(ref ReadOnlySpan<byte> data)
    {
        var end = data.IndexOf((byte)0);
        var keyword = end < 0 ? data : data[..end];
        data = end < 0 ? default : data[(end + 1)..];
        if (keyword.SequenceEqual("Raw profile type exif"u8))
            return Keyword.Profile;
        return keyword.SequenceEqual("XML:com.adobe.xmp"u8) ? Keyword.Xmp : Keyword.Other;
    }

    private void Read(Keyword kind, ReadOnlySpan<byte> text)
    {
        if (kind == Keyword.Profile)
            ProfileOrientation = ReadProfile(text);
        else
            XmpOrientation = XmpPacket.ReadOrientation(text);
    }

    private static ExifOrientation? ReadProfile(ReadOnlySpan<byte> text)
    {
        for (var line = 0; line < ProfileHeadLines; line++)
        {
            var end = text.IndexOf((byte)'\n');
            if (end < 0)
                return null;
            text = text[(end + 1)..];
        }

        var exif = LargeBuffers.Rent((text.Length / 2) + 1);
        try
        {
            return ExifDirectory.ReadOrientation(exif.AsSpan(0, DecodeHex(text, exif)));
        }
        finally
        {
            LargeBuffers.Return(exif);
        }
    }

    /// <returns>The bytes written; 0 where there is anything but pairs of digits and white space.</returns>
    private static int DecodeHex(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var (length, high) = (0, -1);
        foreach (var letter in text)
        {
            if (char.IsAsciiHexDigit((char)letter))
            {
                var digit = letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10;
                if (high >= 0)
                    target[length++] = (byte)((high << 4) | digit);
                high = high >= 0 ? -1 : digit;
            }
            else if (high >= 0 || letter is not ((byte)' ' or (>= (byte)'\t' and <= (byte)'\r')))
            {
                return 0;
            }
        }

        return high >= 0 ? 0 : length;
    }

    private unsafe void ReadInflated(Keyword kind, ReadOnlySpan<byte> compressed, bool isUtf8)
    {
        var text = LargeBuffers.Rent(MaxInflatedLength + 1);
        try
        {
            fixed (byte* bytes = compressed)
            {
                using var source = new UnmanagedMemoryStream(bytes, compressed.Length);
                using var zlib = new ZLibStream(source, CompressionMode.Decompress);
                var length = zlib.ReadAtLeast(
                    text.AsSpan(0, MaxInflatedLength + 1), MaxInflatedLength + 1, throwOnEndOfStream: false);
                _inflated += length;
                if (length > MaxInflatedLength || _inflated > MaxInflatedTotal)
                {
                    InvalidImage.Throw(
                        "The PNG image has compressed metadata that inflates to more than " +
                        $"{MaxInflatedLength:N0} bytes per text or {MaxInflatedTotal:N0} bytes in all; remove it.");
                }

                if (!isUtf8 || Utf8.IsValid(text.AsSpan(0, length)))
                    Read(kind, text.AsSpan(0, length));
            }
        }
        catch (InvalidDataException)
        {
            // Damaged metadata holds no orientation; the pixels are not concerned.
            Read(kind, default);
        }
        finally
        {
            LargeBuffers.Return(text);
        }
    }

    private enum Keyword
    {
        Other,
        Profile,
        Xmp,
    }
}
