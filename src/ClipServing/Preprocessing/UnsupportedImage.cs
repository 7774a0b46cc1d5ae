using System.Diagnostics.CodeAnalysis;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>Names what was sent instead of an image, so that the caller knows what to change.</summary>
internal static class UnsupportedImage
{
    private const string Supported = "supported formats are JPEG, PNG, WebP, GIF and BMP";
    private const string Convert = "Convert it first.";
    private const string Decode = "Send the decoded bytes.";
    private const int ProbeLength = 256;

    [DoesNotReturn]
    public static void Throw(ReadOnlySpan<byte> bytes)
    {
        var (name, nextStep) = Identify(bytes);
        InvalidImage.Throw(
            name is null
                ? $"The {bytes.Length:N0} bytes are not an image in a known format; {Supported}."
                : $"The image is {name}, which is not supported; {Supported}. {nextStep}",
            ClipErrorReason.UnsupportedImage);
    }

    private static (string? Name, string NextStep) Identify(ReadOnlySpan<byte> bytes)
    {
        var (name, nextStep) = IdentifyBinary(bytes);
        return name is null ? IdentifyText(bytes) : (name, nextStep);
    }

    private static (string? Name, string NextStep) IdentifyBinary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 12 && bytes[4..8].SequenceEqual("ftyp"u8))
            return IdentifyMedia(bytes);
        if (bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8)
            || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8))
        {
            return ("TIFF", Convert);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || bytes.StartsWith("\0\0\0\x0cJXL \r\n"u8))
            return ("JPEG XL", Convert);
        if (bytes.StartsWith("\0\0\0\x0cjP  \r\n"u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]))
            return ("JPEG 2000", Convert);
        if (bytes.StartsWith("8BPS"u8))
            return ("a Photoshop document", Convert);
        if (bytes.StartsWith("\0\0\x01\0"u8))
            return ("an icon (ICO)", Convert);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return ("gzip-compressed data", "Send the uncompressed bytes.");
        if (bytes.StartsWith("PK\x03\x04"u8))
            return ("a ZIP archive", "Send the images in it one by one.");
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
            return ("a Matroska or WebM video", "Send its frames as images.");
        return (null, "");
    }

    /// <summary>ISO media files say which kind they are by their major brand, and by the compatible ones.</summary>
    private static (string? Name, string NextStep) IdentifyMedia(ReadOnlySpan<byte> bytes)
    {
        var brands = bytes[8..Math.Min(bytes.Length, 64)];
        var major = brands[..4];
        if (major.StartsWith("avi"u8) && major[3] is (byte)'f' or (byte)'s')
            return ("AVIF", Convert);
        if (major.StartsWith("he"u8))
            return ("HEIC", Convert);
        if (major.SequenceEqual("mif1"u8) || major.SequenceEqual("msf1"u8))
            return (brands.IndexOf("avif"u8) >= 0 ? "AVIF" : "HEIC", Convert);
        return major.SequenceEqual("crx "u8)
            ? ("a raw camera image (CR3)", Convert)
            : ("an ISO media file (MP4 or QuickTime video)", "Send its frames as images.");
    }

    private static (string? Name, string NextStep) IdentifyText(ReadOnlySpan<byte> bytes)
    {
        var text = bytes.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8);
        if (text.StartsWith("%PDF-"u8))
            return ("PDF", "Render its pages to images.");
        if (text.StartsWith("version https://git-lfs.github.com/spec/"u8))
            return ("a Git LFS pointer", "Fetch the file itself with `git lfs pull`.");
        if (StartsWithIgnoringCase(text, "data:"))
            return ("a data URI", "Send the bytes that its base64 text encodes.");
        if (StartsWithIgnoringCase(text, "http://") || StartsWithIgnoringCase(text, "https://"))
            return ("a URL", "The server does not fetch URLs: send the bytes of the image.");

        var probe = text[..Math.Min(text.Length, ProbeLength)];
        if (!IsText(probe))
            return (null, "");
        if (probe.IndexOf("<svg"u8) >= 0)
            return ("SVG", "Render it to an image.");
        if (StartsWithIgnoringCase(text, "<!doctype html") || StartsWithIgnoringCase(text, "<html"))
            return ("HTML", "Check its origin: it is often an error page.");
        if (text[0] == '<')
            return ("XML", Convert);
        if (text[0] is (byte)'{' or (byte)'[')
            return ("JSON", "Send the bytes of the image.");
        return IsBase64(probe) ? ("base64 text", Decode) : ("text", "Send the bytes of the image.");
    }

    private static bool StartsWithIgnoringCase(ReadOnlySpan<byte> bytes, string start)
    {
        if (bytes.Length < start.Length)
            return false;

        for (var i = 0; i < start.Length; i++)
        {
            if (char.ToLowerInvariant((char)bytes[i]) != start[i])
                return false;
        }

        return true;
    }

    /// <summary>UTF-8 and others: no control characters but white space.</summary>
    private static bool IsText(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 0
        && bytes.IndexOfAnyInRange((byte)0, (byte)8) < 0
        && bytes.IndexOfAnyInRange((byte)14, (byte)31) < 0;

    /// <summary>Of the length of a small image at least, so that a word is not taken for it.</summary>
    private static bool IsBase64(ReadOnlySpan<byte> text)
    {
        const int Shortest = 24;
        if (text.Length < Shortest)
            return false;

        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && !"+/-_=\r\n"u8.Contains(letter))
                return false;
        }

        return true;
    }
}
