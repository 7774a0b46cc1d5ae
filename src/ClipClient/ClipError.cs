using ClipGrpc.Client.Internal;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.Client;

/// <summary>Why one item of a batch or stream failed.</summary>
/// <param name="Code">
/// The status of the item. Also INVALID_ARGUMENT for an item that failed before it was sent, for example because a file
/// cannot be read or an image is larger than a message.
/// </param>
/// <param name="Message">The human-readable message.</param>
public sealed record ClipError(StatusCode Code, string Message)
{
    /// <summary>
    /// The reason that the server returned. Unknown for an item that failed before it was sent, and for a reason that
    /// is unknown to this version of the client.
    /// </summary>
    public ErrorReason Reason { get; init; }

    /// <summary>
    /// Removes the item's index in the call (<c>inputs[3].image</c>) from the message: the caller does not know how a
    /// batch was split, and has the error at the item itself.
    /// </summary>
    internal static ClipError From(RpcStatus status, string field) =>
        new((StatusCode)status.Code, MessageOf(status, field)) { Reason = ErrorDetails.ReasonOf(status) };

    internal static ClipError From(ClipClientException exception) =>
        new(exception.StatusCode, exception.Message) { Reason = exception.Reason };

    /// <summary>The status, the reason and the message.</summary>
    public override string ToString() =>
        Reason == ErrorReason.Unknown ? $"{Code}: {Message}" : $"{Code} ({Reason}): {Message}";

    internal ClipClientException ToException() => new(Code, Message) { Reason = Reason };

    private static string MessageOf(RpcStatus status, string field)
    {
        if (!status.Message.StartsWith(field, StringComparison.Ordinal))
            return status.Message;

        // An image or text as a whole is the item itself.
        var path = status.GetDetail<BadRequest>()?.FieldViolations is [{ } violation] ? violation.Field : null;
        return path == $"{field}.image" || path == $"{field}.text"
            ? status.GetDetail<BadRequest>().FieldViolations[0].Description
            : status.Message[field.Length..].TrimStart('.', ':', ' ');
    }
}
