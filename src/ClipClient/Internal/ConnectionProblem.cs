#if !NET
using System.ComponentModel;
#endif
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>What a failed connection means, in words that lead to the setting to change.</summary>
internal static class ConnectionProblem
{
#if NET
    // With it .NET reports that a server speaks HTTP/1.1.
    private const long Http11Required = 0xd;
#else
    private const int NameNotResolved = 12007;
    private const int CannotConnect = 12029;
#endif

    private const string HttpPortHint =
        "Is it the server's HTTP port? gRPC has a port of its own, 50051 by default.";

    /// <summary>Nothing listens there, or the name is unknown; null: something else happened.</summary>
    public static Exception? FindUnreachable(RpcException exception) => exception.StatusCode == StatusCode.Unavailable
        ? FindUnreachable(exception.Status.DebugException)
        : null;

    /// <summary>Null if nothing is known beyond the message of gRPC.</summary>
    public static string? Explain(RpcException exception, ServerNames servers)
    {
        if (FindUnreachable(exception) is { } unreachable)
        {
            return $"{servers.Subject} cannot be reached: {unreachable.GetBaseException().Message}."
                + (servers.IsDefault
                    ? " It is the default address, because none is configured in ClipClientOptions.Addresses."
                    : "");
        }

        // What a server sent says more.
        return exception.Trailers.Count == 0 ? Explain(exception.Status.DebugException, servers) : null;
    }

    private static Exception? FindUnreachable(Exception? exception) => exception switch
    {
        null or SocketException => exception,
#if NET
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => exception,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => exception,
#else
        // Those of WinHTTP.
        Win32Exception { NativeErrorCode: CannotConnect or NameNotResolved } => exception,
#endif
        _ => FindUnreachable(exception.InnerException),
    };

    private static string? Explain(Exception? exception, ServerNames servers) => exception switch
    {
        null => null,
#if NET
        HttpProtocolException { ErrorCode: Http11Required } =>
            $"{servers.Subject} speaks HTTP/1.1, not gRPC. {HttpPortHint}",
#endif
        AuthenticationException handshake => ExplainHandshake(handshake, servers),
        _ when TransportFailure.IsUnfinishedConnection(exception) => ExplainEarlyEnd(servers),
        _ => Explain(exception.InnerException, servers),
    };

    private static string ExplainHandshake(AuthenticationException exception, ServerNames servers)
    {
        var cause = exception.GetBaseException().Message.TrimEnd('.');
        if (cause.Contains("NameMismatch", StringComparison.Ordinal))
        {
            return $"{servers.Subject} has a certificate for another name: {cause}. Use a name that the certificate "
                + "lists in the address.";
        }

        if (cause.Contains("remote certificate", StringComparison.OrdinalIgnoreCase))
        {
            return $"{servers.Subject} has a certificate that is not trusted: {cause}. "
                + (servers.HasCa
                    ? "It was not issued by the authorities of ClipClientOptions.Tls.CaFile, or is not valid now."
                    : "ClipClientOptions.Tls.CaFile names the authority that issued it.");
        }

        if (cause.Contains("frame size", StringComparison.Ordinal))
        {
            return $"{servers.Subject} does not speak TLS: {cause}. Use http:// in ClipClientOptions.Addresses for a "
                + "server without TLS.";
        }

        return $"{servers.Subject} did not complete the TLS handshake: {cause}.{ClientCertificateHint(servers)}";
    }

    private static string? ExplainEarlyEnd(ServerNames servers) => servers.IsEncrypted switch
    {
        true => $"{servers.Subject} closed the new connection.{ClientCertificateHint(servers)}",
        // An HTTP port too, where .NET has read the end of the connection before it asked for a stream.
        false => $"{servers.Subject} closed the new connection. It may require TLS: use https:// in "
            + $"ClipClientOptions.Addresses. {HttpPortHint}",
        null => null,
    };

    private static string ClientCertificateHint(ServerNames servers) => servers.HasCertificate
        ? " It may not accept the certificate of ClipClientOptions.Tls.CertificateFile."
        : " It may require a client certificate: set ClipClientOptions.Tls.CertificateFile.";
}
