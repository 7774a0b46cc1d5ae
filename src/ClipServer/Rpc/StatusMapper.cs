using System.Globalization;
using ClipGrpc.Server.Telemetry;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using GrpcStatus = Grpc.Core.Status;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.Server.Rpc;

/// <summary>The one place where errors become gRPC statuses, with the details that programs read.</summary>
internal static class StatusMapper
{
    /// <summary>What grpc clients with a retry policy wait for, in milliseconds.</summary>
    public const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>The domain of <see cref="ErrorInfo"/>.</summary>
    public const string Domain = "clipgrpc";

    /// <summary>A status message is sent in headers, three times, and clients limit those, some to 8 KiB.</summary>
    private const int MaxMessageLength = 1_000;

    /// <summary>The specification's way to say that a retry is of no use, for a status that clients retry.</summary>
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

    /// <summary>The error of one item, beside its neighbours' results.</summary>
    public static RpcStatus ToItemStatus(ClipException error)
    {
        var status = ToStatus(ToCode(error.Code), error.Message, error.Reason, error.Metadata);
        if (error is { Code: ClipErrorCode.InvalidInput, Field: { } field })
            status.Details.Add(Any.Pack(ToBadRequest(field, error.Description)));
        if (error.RetryAfter is { } delay)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        return status;
    }

    /// <summary>The error of a whole call.</summary>
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

    /// <summary>Anything unforeseen: the caller learns that it failed, the log what it was.</summary>
    public static RpcException ToRpcException() => ToRpcException(new ClipException(
        ClipErrorReason.InternalError, "The server failed to process this call. Its log has the details."));

    /// <summary>An error that the service's own codes do not have: one of the protocol beneath it.</summary>
    public static RpcException ToRpcException(StatusCode code, string message, ClipErrorReason reason) =>
        ToRpcException(ToStatus(code, message, reason, metadata: null));

    /// <summary>The reason of a status that the framework, or a service of its own, has set.</summary>
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
