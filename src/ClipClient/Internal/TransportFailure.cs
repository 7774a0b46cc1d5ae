#if !NET
using System.ComponentModel;
#endif
using System.Net.Sockets;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Calls whose connection broke before the server had responded, as when its process is killed. gRPC reports them as
/// UNAVAILABLE, INTERNAL or CANCELLED, depending on how far the call was.
/// </summary>
internal static class TransportFailure
{
#if NET
    /// <summary>The server has not processed the call.</summary>
    public const long RefusedStream = 0x7;

    // Error codes of HTTP/2 with which a peer ends a connection or a stream for reasons other than this call. A server
    // that refuses one call while its messages still arrive closes the connection of all its calls (STREAM_CLOSED).
    private const long NoError = 0x0;
    private const long InternalError = 0x2;
    private const long StreamClosed = 0x5;
    private const long Cancel = 0x8;
    private const long EnhanceYourCalm = 0xb;
#else
    private const int ConnectionError = 12030;
#endif

    public static bool Broke(RpcException exception) =>
        exception.StatusCode is StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown
            or StatusCode.ResourceExhausted
        && Broke(exception.Status.DebugException);

    /// <summary>
    /// The server accepted the connection and ended it before the first call, as when it stops or refuses the client's
    /// certificate. Depending on the moment .NET has several exceptions for that, with one message.
    /// </summary>
    public static bool IsUnfinishedConnection(Exception exception) =>
        exception is HttpRequestException or IOException
        && exception.Message.Contains("did not complete the HTTP/2 handshake", StringComparison.Ordinal);

    private static bool Broke(Exception? exception) => exception switch
    {
        null => false,
        _ when IsUnfinishedConnection(exception) => true,
#if NET
        HttpProtocolException protocol => protocol.ErrorCode is NoError or InternalError or StreamClosed
            or RefusedStream or Cancel or EnhanceYourCalm,
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => true,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => false,
#else
        // WinHTTP reports a connection that broke so.
        Win32Exception { NativeErrorCode: ConnectionError } => true,
#endif
        SocketException => true,
        _ => Broke(exception.InnerException),
    };
}
