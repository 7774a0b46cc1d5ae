using Grpc.Core;

namespace ClipGrpc.Client;

/// <summary>Why one item of a batch or stream failed.</summary>
/// <param name="Code">
/// The status of the item. INVALID_ARGUMENT also for what failed before it was sent: a file that cannot be read, a
/// picture larger than a message.
/// </param>
/// <param name="Message">For a person.</param>
public sealed record ClipError(StatusCode Code, string Message)
{
    internal static ClipError From(Google.Rpc.Status status) => new((StatusCode)status.Code, status.Message);

    internal static ClipError From(ClipClientException exception) => new(exception.StatusCode, exception.Message);

    internal ClipClientException ToException() => new(Code, Message);
}
