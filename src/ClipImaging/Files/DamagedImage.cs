using System.Diagnostics.CodeAnalysis;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

internal static class DamagedImage
{
    /// <param name="format">As users write it: "JPEG".</param>
    /// <param name="what">What is wrong, without a full stop.</param>
    [DoesNotReturn]
    public static void Throw(string format, string what) =>
        InvalidImage.Throw($"The {format} image is truncated or damaged: {what}.");
}
