using ClipGrpc.Imaging.Files;

namespace ClipGrpc.Cli.Search;

/// <summary>The media type of an image file by its first bytes.</summary>
internal static class ImageMediaType
{
    /// <summary>Null for a kind that browsers may not show.</summary>
    public static string? Find(ReadOnlySpan<byte> file) =>
        ImageFormats.Recognize(file) is { } format ? $"image/{format.ToString().ToLowerInvariant()}" : null;
}
