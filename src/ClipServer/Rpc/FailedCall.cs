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

/// <summary>Writes the status of a failed call into its trailers, or completes what is there.</summary>
internal static class FailedCall
{
    private const string Message = "grpc-message";
    private const string Details = "grpc-status-details-bin";

    /// <summary>Whether the status has come from this server's own errors, which have details.</summary>
    public static bool HasDetails(IHeaderDictionary trailers) => trailers.ContainsKey(Details);

    /// <summary>Writes a status in place of the one that is there.</summary>
    public static void Write(IHeaderDictionary trailers, RpcException error)
    {
        trailers[GrpcTrailers.Status] = error.StatusCode.ToString("D");
        trailers[Message] = PercentEncode(error.Status.Detail);
        foreach (var entry in error.Trailers)
            trailers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
    }

    /// <summary>
    /// Adds what every failed call has: the reason, where the framework has set the status, and the request's id.
    /// </summary>
    public static void Complete(HttpContext context, IHeaderDictionary trailers, StatusCode code, string message)
    {
        if (!HasDetails(trailers))
            Write(trailers, StatusMapper.ToRpcException(code, message, StatusMapper.ReasonOf(code)));

        var id = RequestId.Of(context);
        if (!context.Response.Headers.ContainsKey(RequestId.Header))
            trailers[RequestId.Header] = id;

        // Messages one after the other are one message, so the details that are there need not be parsed.
        var info = new RpcStatus { Details = { Any.Pack(new RequestInfo { RequestId = id }) } };
        byte[] details = [.. FromBase64(trailers[Details].ToString()), .. info.ToByteArray()];
        trailers[Details] = Convert.ToBase64String(details);
    }

    /// <summary>The same for a response that is about to be completed with whatever status it has.</summary>
    public static void CompleteIfFailed(HttpContext context)
    {
        if (GrpcTrailers.FindStatus(context.Response) is not (not StatusCode.OK and { } code))
            return;

        var trailers = TrailersOf(context.Response);
        if (trailers is { IsReadOnly: false } && !HasDetails(trailers))
            Complete(context, trailers, code, Uri.UnescapeDataString(trailers[Message].ToString()));
    }

    /// <summary>Null: they have been sent.</summary>
    public static IHeaderDictionary? TrailersOf(HttpResponse response) => response.HasStarted
        ? response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
        : response.Headers;

    /// <summary>Binary headers may come without their padding.</summary>
    private static byte[] FromBase64(string text) =>
        Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));

    /// <summary>As gRPC has it: UTF-8, and what is not printable ASCII, or is a percent sign, as %XX.</summary>
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
