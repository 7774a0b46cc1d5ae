using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Server.Images;

internal static class InvalidImage
{
    [DoesNotReturn]
    public static void Throw(string message) => throw new ClipException(ClipErrorCode.InvalidInput, message);
}
