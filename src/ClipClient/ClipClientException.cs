using System.Globalization;
using ClipGrpc.Client.Internal;
using Google.Rpc;
using Grpc.Core;

namespace ClipGrpc.Client;

/// <summary>
/// The exception for a failed call. The message is human-readable. If the call was sent to a server, the inner
/// exception is the <see cref="RpcException"/> with the call's trailers.
/// </summary>
public sealed class ClipClientException : Exception
{
    internal const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>Creates an exception with a status.</summary>
    public ClipClientException(StatusCode statusCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
    }

    /// <summary>The gRPC status: INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, …</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// The reason that the server returned. Unknown if no server was reached, and for a reason that is unknown to this
    /// version of the client.
    /// </summary>
    public ErrorReason Reason { get; internal init; }

    /// <summary>
    /// Values that depend on the reason, such as <c>model</c>, <c>limit</c> and <c>value</c>; see
    /// <see cref="ErrorReason"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private init; } = new Dictionary<string, string>();

    /// <summary>The id of the call in the server's log, or null if no server was reached.</summary>
    public string? RequestId { get; private init; }

    /// <summary>
    /// How long to wait before a retry, as stated by the server (<c>google.rpc.RetryInfo</c> or
    /// <c>grpc-retry-pushback-ms</c>), or null.
    /// </summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>
    /// Whether no server was reached: nothing listens at the address, or its name cannot be resolved.
    /// </summary>
    public bool IsConnectionFailure { get; private init; }

    /// <summary>
    /// Whether no server completed the call: it was rejected as unavailable, or the connection was lost or not
    /// established.
    /// </summary>
    internal bool IsUnavailable { get; private init; }

    /// <summary>Whether a server sent the status, rather than this client.</summary>
    internal bool IsFromServer { get; private init; }

    /// <summary>Whether the same call can succeed later and the server does not forbid a retry.</summary>
    internal bool IsTransient { get; private init; }

    /// <summary>The revision that the server returned, if it is not the expected one.</summary>
    internal string? ServedRevision { get; init; }

    internal static ClipClientException DeadlinePassed(CallDeadline deadline, Exception? cause) =>
        new(StatusCode.DeadlineExceeded, $"{deadline.Servers.Subject} did not respond in time.{Hint(deadline)}", cause);

    /// <summary>Maps a failed call to the caller's own cancellation, or to an error with its status.</summary>
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

    // A message over a limit of this client has the same status, but no trailers from a server.
    private static bool IsOverload(RpcException exception) =>
        exception.StatusCode == StatusCode.ResourceExhausted && exception.Trailers.Count > 0;

    // According to the gRPC specification, a value that is negative or not a number forbids retries.
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
