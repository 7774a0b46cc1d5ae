using System.Security.Cryptography;
using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>A string that is the same for two images exactly if their content is.</summary>
internal static class ImageIdentity
{
    public static string Of(Image image)
    {
        if (image.Raw is not { } raw)
            return $"sha256:{Hash(image.Encoded.Span)}";

        return $"{raw.Format}:{raw.Width}x{raw.Height}:{raw.Stride}:{raw.ColorMatrix}:{raw.ColorRange}"
            + $":{raw.RotationDegrees}:sha256:{Hash(raw.Data.Span)}";
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
