namespace ClipGrpc.Cli.Search;

/// <summary>The media type of an image file by its first bytes.</summary>
internal static class ImageMediaType
{
    /// <summary>Null for a kind that browsers may not show.</summary>
    public static string? Find(ReadOnlySpan<byte> file) =>
        file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "image/png"
        : file.StartsWith("GIF8"u8) ? "image/gif"
        : file.StartsWith("BM"u8) ? "image/bmp"
        : file.Length > 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? "image/webp"
        : null;
}
