using System.Globalization;
using ClipGrpc.Client.Internal;
using Google.Rpc;
using Grpc.Core;

namespace ClipGrpc.Client;

/// <summary>
/// A call failed. The message is the server's, for a person. Where the server was asked, the inner exception is the
/// <see cref="RpcException"/> with the call's trailers.
/// </summary>
public sealed class ClipClientException : Exception
{
    internal const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>A failure with its status.</summary>
    public ClipClientException(StatusCode statusCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
    }

    /// <summary>The gRPC status: INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, …</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// Why it failed, as the server states it; unknown where no server was reached, and for a reason that this
    /// version of the client does not know.
    /// </summary>
    public ErrorReason Reason { get; internal init; }

    /// <summary>
    /// What belongs to the reason, such as <c>model</c>, <c>limit</c> and <c>value</c>; see the comments of
    /// <see cref="ErrorReason"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private init; } = new Dictionary<string, string>();

    /// <summary>The id under which the server's log has the call; null where no server was reached.</summary>
    public string? RequestId { get; private init; }

    /// <summary>
    /// When it is worth trying again, as the server says (<c>google.rpc.RetryInfo</c> or
    /// <c>grpc-retry-pushback-ms</c>); null where it does not.
    /// </summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>No server was reached at the address: nothing listens there, or the name is unknown.</summary>
    public bool IsConnectionFailure { get; private init; }

    /// <summary>
    /// No server took the call to its end: it was refused for the moment, or the connection was lost or never made.
    /// </summary>
    internal bool IsUnavailable { get; private init; }

    /// <summary>A server sent the status; it was not made up on this side.</summary>
    internal bool IsFromServer { get; private init; }

    /// <summary>The same call may succeed later, and the server does not forbid to try.</summary>
    internal bool IsTransient { get; private init; }

    /// <summary>The revision of a vector that is not of the expected revision.</summary>
    internal string? ServedRevision { get; init; }

    internal static ClipClientException DeadlinePassed(CallDeadline deadline, Exception? cause) =>
        new(StatusCode.DeadlineExceeded, $"{deadline.Servers.Subject} did not respond in time.{Hint(deadline)}", cause);

    /// <summary>What a failed call is to the caller: their own cancellation, or an error with its status.</summary>
    internal static Exception From(
        RpcException exception, CallDeadline deadline, CancellationToken cancellationToken)
    {
        if (exception.StatusCode == StatusCode.Cancelled)
        {
            if (cancellationToken.IsCancellationRequested)
                return new OperationCanceledException(exception.Status.Detail, exception, cancellationToken);

            // The server enforces the deadline too, and its CANCELLED may arrive before the timer here fires.
            if (deadline.HasPassed)
                return DeadlinePassed(deadline, exception);
        }

        var status = exception.Trailers.GetRpcStatus(ignoreParseError: true);
        var isUnavailable = exception.StatusCode == StatusCode.Unavailable || TransportFailure.Broke(exception);
        return new ClipClientException(exception.StatusCode, Describe(exception, deadline), exception)
        {
            Reason = ErrorDetails.ReasonOf(status),
            Metadata = status?.GetDetail<ErrorInfo>()?.Metadata.ToDictionary() ?? [],
            RequestId = status?.GetDetail<RequestInfo>()?.RequestId,
            RetryAfter = FindRetryAfter(exception, status),
            IsConnectionFailure = ConnectionProblem.FindUnreachable(exception) is not null,
            IsUnavailable = isUnavailable,
            IsFromServer = exception.Trailers.Count > 0,
            IsTransient = (isUnavailable || IsOverload(exception)) && !ForbidsRetry(exception),
        };
    }

    private static string Describe(RpcException exception, CallDeadline deadline)
    {
        if (ConnectionProblem.Explain(exception, deadline.Servers) is { } problem)
            return problem;

        var detail = exception.Status.Detail;
        return exception.StatusCode switch
        {
            StatusCode.DeadlineExceeded when exception.Trailers.Count == 0 =>
                $"{deadline.Servers.Subject} did not respond in time.{Hint(deadline)}",
            StatusCode.DeadlineExceeded => detail + Hint(deadline),
            StatusCode.Unauthenticated when deadline.Servers.HasApiKey =>
                $"{detail} The key of ClipClientOptions.ApiKey was sent.",
            StatusCode.Unauthenticated => $"{detail} No API key was sent: set ClipClientOptions.ApiKey.",
            _ => detail,
        };
    }

    private static string Hint(CallDeadline deadline) => deadline.Option is { } option
        ? string.Create(
            CultureInfo.InvariantCulture, $" {option} sets the deadline, which is {deadline.Timeout.TotalSeconds} s.")
        : "";

    // A message over a limit of this side has the same status but did not come from the server.
    private static bool IsOverload(RpcException exception) =>
        exception.StatusCode == StatusCode.ResourceExhausted && exception.Trailers.Count > 0;

    // As gRPC defines it: a value that is not a number, a negative one included, forbids retries.
    private static bool ForbidsRetry(RpcException exception) =>
        exception.Trailers.GetValue(PushbackTrailer) is { } hint && !uint.TryParse(hint, out _);

    private static TimeSpan? FindRetryAfter(RpcException exception, Google.Rpc.Status? status)
    {
        if (status?.GetDetail<RetryInfo>()?.RetryDelay is { } delay)
            return delay.ToTimeSpan();

        var hint = exception.Trailers.GetValue(PushbackTrailer);
        return uint.TryParse(hint, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }
}
