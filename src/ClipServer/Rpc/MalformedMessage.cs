using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// What the framework throws while it reads a message that is not one, as a status of the contract: INVALID_ARGUMENT,
/// unless gRPC's specification asks for another.
/// </summary>
internal static class MalformedMessage
{
    /// <summary>Null: the exception is about something else.</summary>
    public static RpcException? From(Exception exception, int maxBytes) => exception switch
    {
        RpcException rpc => From(rpc.Status, maxBytes),
        InvalidProtocolBufferException => Invalid($"it is not valid Protocol Buffers data. {exception.Message}"),
        DecoderFallbackException => Invalid("a string is not valid UTF-8."),
        InvalidDataException => Invalid(exception.Message),

        // Of gRPC-Web in base64.
        InvalidOperationException { Source: "Grpc.AspNetCore.Web" } =>
            Invalid("it is not the base64 encoding of one message."),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(maxBytes),
        BadHttpRequestException => Invalid(exception.Message),

        // The framework's own for lengths of 2 GiB and more, of a type that it throws for lost connections too.
        IOException when StartsWith(exception.Message, "Message too large") => TooLarge(maxBytes),
        _ => null,
    };

    /// <summary>The same for a status that the framework has set while it read a message.</summary>
    public static RpcException? From(Status status, int maxBytes) => status.StatusCode switch
    {
        StatusCode.ResourceExhausted when StartsWith(status.Detail, "Received message exceeds") => TooLarge(maxBytes),

        // Compressed with an algorithm that the server does not have is UNIMPLEMENTED, and compressed without one is
        // INTERNAL: the specification has it so.
        StatusCode.Unimplemented or StatusCode.Internal
            when status.Detail.Contains("grpc-encoding", StringComparison.Ordinal) =>
            StatusMapper.ToRpcException(
                status.StatusCode, status.Detail, ClipErrorReason.UnsupportedCompression),

        // The server itself gave up reading, because it stops.
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
