using Grpc.Core;

namespace ClipGrpc.Client;

/// <summary>Why one item of a batch or stream failed.</summary>
/// <param name="Code">
/// The status of the item. INVALID_ARGUMENT also for what failed before it was sent: a file that cannot be read, a
/// image larger than a message.
/// </param>
/// <param name="Message">For a person.</param>
public sealed record ClipError(StatusCode Code, string Message)
{
    /// <summary>
    /// Leaves out the item's place in the call (<c>inputs[3]</c>) from the message: the caller does not know how a
    /// batch was split, and has the error at the item itself.
    /// </summary>
    internal static ClipError From(Google.Rpc.Status status, string? field = null)
    {
        var message = status.Message;
        if (field is not null && message.StartsWith(field, StringComparison.Ordinal))
            message = message[field.Length..].TrimStart('.', ':', ' ');
        return new ClipError((StatusCode)status.Code, message);
    }

    internal static ClipError From(ClipClientException exception) => new(exception.StatusCode, exception.Message);

    internal ClipClientException ToException() => new(Code, Message);
}
