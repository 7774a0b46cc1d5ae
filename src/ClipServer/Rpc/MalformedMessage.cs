using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Maps exceptions of the framework for malformed messages to a documented status: INVALID_ARGUMENT, unless the gRPC
/// specification requires another.
/// </summary>
internal static class MalformedMessage
{
    /// <summary>Returns null for other exceptions.</summary>
    public static RpcException? From(Exception exception, int maxBytes) => exception switch
    {
        RpcException rpc => From(rpc.Status, maxBytes),
        InvalidProtocolBufferException => Invalid($"it is not valid Protocol Buffers data. {exception.Message}"),
        DecoderFallbackException => Invalid("a string is not valid UTF-8."),
        InvalidDataException => Invalid(exception.Message),

        // From gRPC-Web in base64.
        InvalidOperationException { Source: "Grpc.AspNetCore.Web" } =>
            Invalid("it is not the base64 encoding of one message."),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(maxBytes),
        BadHttpRequestException => Invalid(exception.Message),

        // Thrown for lengths of 2 GiB and more; the same type is thrown for lost connections.
        IOException when StartsWith(exception.Message, "Message too large") => TooLarge(maxBytes),
        _ => null,
    };

    /// <summary>The same for a status that the framework has set while it read a message.</summary>
    public static RpcException? From(Status status, int maxBytes) => status.StatusCode switch
    {
        StatusCode.ResourceExhausted when StartsWith(status.Detail, "Received message exceeds") => TooLarge(maxBytes),

        // According to the specification, an unsupported compression is UNIMPLEMENTED, and a compressed message without
        // a named compression is INTERNAL.
        StatusCode.Unimplemented or StatusCode.Internal
            when status.Detail.Contains("grpc-encoding", StringComparison.Ordinal) =>
            StatusMapper.ToRpcException(
                status.StatusCode, status.Detail, ClipErrorReason.UnsupportedCompression),

        // The server stopped reading because of its shutdown.
        StatusCode.Internal when status.Detail == "Incoming message cancelled." => null,
        StatusCode.Internal => Invalid(status.Detail),
        _ => null,
    };

    private static bool StartsWith(string text, string start) => text.StartsWith(start, StringComparison.Ordinal);

    private static RpcException TooLarge(int maxBytes) => StatusMapper.ToRpcException(new ClipException(
        ClipErrorReason.MessageTooLarge, "The request message is larger than Limits.max_message_bytes.")
    {
        Metadata = ErrorMetadata.Of(ErrorMetadata.Limit, ErrorMetadata.ToText(maxBytes)),
    });

    private static RpcException Invalid(string why) => StatusMapper.ToRpcException(new ClipException(
        ClipErrorReason.MalformedRequest, $"The request message could not be parsed: {why}"));
}
