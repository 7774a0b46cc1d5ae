using System.Net.Sockets;
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

    /// <summary>The server's retry hint, where <see cref="RetryLimiter"/> has replaced the original trailer.</summary>
    internal const string RetryAfterTrailer = "clip-retry-after-ms";

    /// <summary>A failure with its status.</summary>
    public ClipClientException(StatusCode statusCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
    }

    /// <summary>The gRPC status: INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, …</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// When it is worth trying again, as the server says (<c>google.rpc.RetryInfo</c> or
    /// <c>grpc-retry-pushback-ms</c>); null where it does not.
    /// </summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>No server was reached at the address: nothing listens there, or the name is unknown.</summary>
    public bool IsConnectionFailure { get; private init; }

    /// <summary>The revision of a vector that is not of the expected revision.</summary>
    internal string? ServedRevision { get; init; }

    internal static ClipClientException DeadlinePassed(Exception? cause) =>
        new(StatusCode.DeadlineExceeded, "The deadline passed before the server had responded.", cause);

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
                return DeadlinePassed(exception);
        }

        var unreachable = exception.StatusCode == StatusCode.Unavailable
            ? FindConnectionFailure(exception.Status.DebugException)
            : null;
        var message = unreachable is null
            ? exception.Status.Detail
            : $"The server cannot be reached: {unreachable.GetBaseException().Message}";
        return new ClipClientException(exception.StatusCode, message, exception)
        {
            RetryAfter = FindRetryAfter(exception),
            IsConnectionFailure = unreachable is not null,
        };
    }

    private static TimeSpan? FindRetryAfter(RpcException exception)
    {
        if (exception.Trailers.GetRpcStatus(ignoreParseError: true)?.GetDetail<RetryInfo>()?.RetryDelay is { } delay)
            return delay.ToTimeSpan();

        var hint = exception.Trailers.GetValue(RetryAfterTrailer) ?? exception.Trailers.GetValue(PushbackTrailer);
        return uint.TryParse(hint, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }

    private static Exception? FindConnectionFailure(Exception? exception) => exception switch
    {
        null or SocketException => exception,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => exception,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => exception,
        _ => FindConnectionFailure(exception.InnerException),
    };
}
