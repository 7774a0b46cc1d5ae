using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Imaging.Pixels;

internal static class InvalidImage
{
    [DoesNotReturn]
    public static void Throw(string message) => throw new ClipException(ClipErrorCode.InvalidInput, message);
}
