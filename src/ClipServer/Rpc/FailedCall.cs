using System.Text;
using ClipGrpc.Server.Telemetry;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;
using RpcStatus = Google.Rpc.Status;

namespace ClipGrpc.Server.Rpc;

/// <summary>Writes the status of a failed call to its trailers, or completes an existing status.</summary>
internal static class FailedCall
{
    private const string Message = "grpc-message";
    private const string Details = "grpc-status-details-bin";

    /// <summary>Whether the status is from this server's own errors, which have details.</summary>
    public static bool HasDetails(IHeaderDictionary trailers) => trailers.ContainsKey(Details);

    /// <summary>Replaces the status.</summary>
    public static void Write(IHeaderDictionary trailers, RpcException error)
    {
        trailers[GrpcTrailers.Status] = error.StatusCode.ToString("D");
        trailers[Message] = PercentEncode(error.Status.Detail);
        foreach (var entry in error.Trailers)
            trailers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
    }

    /// <summary>
    /// Adds the details of all failed calls: the reason, if the framework has set the status, and the request id.
    /// </summary>
    public static void Complete(HttpContext context, IHeaderDictionary trailers, StatusCode code, string message)
    {
        if (!HasDetails(trailers))
            Write(trailers, StatusMapper.ToRpcException(code, message, StatusMapper.ReasonOf(code)));

        var id = RequestId.Of(context);
        if (!context.Response.Headers.ContainsKey(RequestId.Header))
            trailers[RequestId.Header] = id;

        // Concatenated messages are merged, so the existing details need not be parsed.
        var info = new RpcStatus { Details = { Any.Pack(new RequestInfo { RequestId = id }) } };
        byte[] details = [.. FromBase64(trailers[Details].ToString()), .. info.ToByteArray()];
        trailers[Details] = Convert.ToBase64String(details);
    }

    /// <summary>The same for a response that is about to be completed with its current status.</summary>
    public static void CompleteIfFailed(HttpContext context)
    {
        if (GrpcTrailers.FindStatus(context.Response) is not (not StatusCode.OK and { } code))
            return;

        if (TrailersOf(context.Response) is { } trailers && !HasDetails(trailers))
            Complete(context, trailers, code, Uri.UnescapeDataString(trailers[Message].ToString()));
    }

    /// <summary>
    /// Where the status of a response belongs that is not completed; null if it has started and its protocol has no
    /// trailers.
    /// </summary>
    public static IHeaderDictionary? TrailersOf(HttpResponse response) => response.HasStarted
        ? response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
        : response.Headers;

    /// <summary>The padding of binary headers is optional.</summary>
    private static byte[] FromBase64(string text) =>
        Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));

    /// <summary>Encodes as gRPC specifies: UTF-8, with percent signs and bytes other than printable ASCII as %XX.
    /// </summary>
    private static string PercentEncode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= 0x20 and <= 0x7e and not (byte)'%')
                encoded.Append((char)value);
            else
                encoded.Append('%').Append(value.ToString("X2"));
        }

        return encoded.ToString();
    }
}
