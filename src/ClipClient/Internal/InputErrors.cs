using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>The errors of images and texts that cannot be sent.</summary>
internal static class InputErrors
{
    public static ClipClientException TooLarge(string name, long? size, int maxBytes) => new(
        StatusCode.InvalidArgument,
        size is null
            ? $"{name} is too large: more than {maxBytes:N0} bytes."
            : $"{name} is too large: {size:N0} bytes, and a message takes {maxBytes:N0} bytes.");

    public static ClipClientException Unreadable(string name, string reason, Exception? cause) =>
        new(StatusCode.InvalidArgument, $"{name} cannot be read: {reason.TrimEnd('.')}.", cause);
}
