using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Imaging.Pixels;

internal static class InvalidImage
{
    [DoesNotReturn]
    public static void Throw(string message, ClipErrorReason reason = ClipErrorReason.InvalidImage) =>
        throw new ClipException(reason, message);

    [DoesNotReturn]
    public static void ThrowTooLarge(string message, long limit, long value) =>
        throw new ClipException(ClipErrorReason.ImageTooLarge, message)
        {
            Metadata = ErrorMetadata.OverLimit(limit, value),
        };
}
