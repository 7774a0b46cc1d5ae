using System.Buffers.Binary;
using ClipGrpc.Imaging.Files;

namespace ClipGrpc.Cli.Inputs;

/// <summary>Which files are images of the kinds that the server reads: JPEG, PNG, WebP, GIF and BMP.</summary>
internal static class ImageSignature
{
    private const int Length = 26;

    private static readonly HashSet<string> Extensions =
        new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp" };

    // Of the header behind the file header of a BMP, in its versions.
    private static readonly uint[] BmpHeaderSizes = [12, 40, 52, 56, 64, 108, 124];

    public static bool HasExtension(string path) => Extensions.Contains(Path.GetExtension(path));

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsInFile(string path)
    {
        // Pipes and devices have no length, and to open one might wait for ever.
        if (new FileInfo(path).Length == 0)
            return false;

        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        Span<byte> start = stackalloc byte[Length];
        return Matches(start[..RandomAccess.Read(file, start, 0)]);
    }

    public static bool Matches(ReadOnlySpan<byte> start) =>
        ImageFormats.Recognize(start) is { } format && (format != ImageFormat.Bmp || HasBmpHeader(start));

    // "BM" alone begins many a text.
    private static bool HasBmpHeader(ReadOnlySpan<byte> start) =>
        start.Length >= 18
        && BinaryPrimitives.ReadUInt32LittleEndian(start[6..]) == 0
        && BmpHeaderSizes.AsSpan().Contains(BinaryPrimitives.ReadUInt32LittleEndian(start[14..]));
}
