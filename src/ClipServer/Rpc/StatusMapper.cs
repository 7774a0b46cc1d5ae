using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using GrpcStatus = Grpc.Core.Status;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.Server.Rpc;

/// <summary>The one place where errors become gRPC statuses.</summary>
internal static class StatusMapper
{
    /// <summary>What grpc clients with a retry policy wait for, in milliseconds.</summary>
    public const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>A status message is sent in headers, twice, and clients limit header size, some to 8 KiB.</summary>
    private const int MaxMessageLength = 1_000;

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromMilliseconds(100);

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
        var status = new RpcStatus { Code = (int)ToCode(error.Code), Message = Message(error) };
        if (error.Code == ClipErrorCode.Overloaded)
        {
            var retry = new RetryInfo { RetryDelay = Duration.FromTimeSpan(error.RetryAfter ?? DefaultRetryAfter) };
            status.Details.Add(Any.Pack(retry));
        }

        return status;
    }

    /// <summary>The error of a whole call.</summary>
    public static RpcException ToRpcException(ClipException error)
    {
        var trailers = new Metadata();
        if (error.Code == ClipErrorCode.Overloaded)
        {
            var milliseconds = Math.Ceiling((error.RetryAfter ?? DefaultRetryAfter).TotalMilliseconds);
            trailers.Add(PushbackTrailer, ((long)milliseconds).ToString());
        }

        trailers.SetRpcStatus(ToItemStatus(error));
        return new RpcException(new GrpcStatus(ToCode(error.Code), Message(error)), trailers);
    }

    /// <summary>Anything unforeseen: the caller learns that it failed, the log what it was.</summary>
    public static RpcException ToRpcException() => ToRpcException(
        new ClipException(ClipErrorCode.Internal, "The server failed to answer this call. Its log has the details."));

    /// <summary>An error that the service's own codes do not have: one of the protocol beneath it.</summary>
    public static RpcException ToRpcException(StatusCode code, string message)
    {
        var detail = Excerpt.Of(message, MaxMessageLength);
        var trailers = new Metadata();
        trailers.SetRpcStatus(new RpcStatus { Code = (int)code, Message = detail });
        return new RpcException(new GrpcStatus(code, detail), trailers);
    }

    private static string Message(ClipException error) => Excerpt.Of(error.Message, MaxMessageLength);
}
