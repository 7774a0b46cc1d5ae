using System.Globalization;
using ClipGrpc.Server.Telemetry;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using GrpcStatus = Grpc.Core.Status;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.Server.Rpc;

/// <summary>Maps errors to gRPC statuses with details.</summary>
internal static class StatusMapper
{
    /// <summary>The trailer with the delay, in milliseconds, for gRPC clients with a retry policy.</summary>
    public const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>The domain of <see cref="ErrorInfo"/>.</summary>
    public const string Domain = "clipgrpc";

    /// <summary>A status message is sent three times in trailers, which some clients limit to 8 KiB.</summary>
    private const int MaxMessageLength = 1_000;

    /// <summary>The specified value for not retrying a call whose status is otherwise retried.</summary>
    private const string NoRetry = "-1";

    public static StatusCode ToCode(ClipErrorCode code) => code switch
    {
        ClipErrorCode.InvalidInput => StatusCode.InvalidArgument,
        ClipErrorCode.NotFound => StatusCode.NotFound,
        ClipErrorCode.Overloaded => StatusCode.ResourceExhausted,
        ClipErrorCode.DeadlineExceeded => StatusCode.DeadlineExceeded,
        ClipErrorCode.Unavailable => StatusCode.Unavailable,
        ClipErrorCode.Unauthenticated => StatusCode.Unauthenticated,
        ClipErrorCode.PermissionDenied => StatusCode.PermissionDenied,
        ClipErrorCode.Internal => StatusCode.Internal,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, null),
    };

    /// <summary>The error of a request item.</summary>
    public static RpcStatus ToItemStatus(ClipException error)
    {
        var status = ToStatus(ToCode(error.Code), error.Message, error.Reason, error.Metadata);
        if (error is { Code: ClipErrorCode.InvalidInput, Field: { } field })
            status.Details.Add(Any.Pack(ToBadRequest(field, error.Description)));
        if (error.RetryAfter is { } delay)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        return status;
    }

    /// <summary>The error of a call.</summary>
    public static RpcException ToRpcException(ClipException error)
    {
        var exception = ToRpcException(ToItemStatus(error));
        if (error.RetryAfter is { } delay)
        {
            exception.Trailers.Add(
                PushbackTrailer, Math.Ceiling(delay.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        }
        else if (error.Code == ClipErrorCode.Overloaded)
        {
            exception.Trailers.Add(PushbackTrailer, NoRetry);
        }

        return exception;
    }

    /// <summary>An unexpected error. The cause is in the log only.</summary>
    public static RpcException ToRpcException() => ToRpcException(new ClipException(
        ClipErrorReason.InternalError, "The server failed to process this call. Its log has the details."));

    /// <summary>An error of the protocol, for which <see cref="ClipErrorCode"/> has no value.</summary>
    public static RpcException ToRpcException(StatusCode code, string message, ClipErrorReason reason) =>
        ToRpcException(ToStatus(code, message, reason, metadata: null));

    /// <summary>The reason of a status that the framework or one of its services has set.</summary>
    public static ClipErrorReason ReasonOf(StatusCode code) => code switch
    {
        StatusCode.Cancelled => ClipErrorReason.CallCancelled,
        StatusCode.DeadlineExceeded => ClipErrorReason.DeadlinePassed,
        StatusCode.InvalidArgument => ClipErrorReason.InvalidField,
        StatusCode.NotFound => ClipErrorReason.ServiceNotFound,
        StatusCode.Unimplemented => ClipErrorReason.MethodNotFound,
        StatusCode.Unavailable => ClipErrorReason.ServerStopping,
        _ => ClipErrorReason.InternalError,
    };

    private static RpcException ToRpcException(RpcStatus status)
    {
        var trailers = new Metadata();
        trailers.SetRpcStatus(status);
        return new RpcException(new GrpcStatus((StatusCode)status.Code, status.Message), trailers);
    }

    private static RpcStatus ToStatus(
        StatusCode code, string message, ClipErrorReason reason, IReadOnlyDictionary<string, string>? metadata)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = ReasonName.Of(reason) };
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
            info.Metadata.Add(key, value);
        return new RpcStatus
        {
            Code = (int)code,
            Message = Excerpt.Of(message, MaxMessageLength),
            Details = { Any.Pack(info) },
        };
    }

    private static BadRequest ToBadRequest(string field, string description) => new()
    {
        FieldViolations =
        {
            new BadRequest.Types.FieldViolation
            {
                Field = field,
                Description = Excerpt.Of(description, MaxMessageLength),
            },
        },
    };
}
