using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace ClipGrpc.Cli.Diagnosis;

/// <summary>What a port speaks to which gRPC could not be spoken as it was asked for.</summary>
internal static class PortProbe
{
    private const int ResponseLength = 512;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>What to do about it; null where nothing was found.</summary>
    /// <param name="encrypted">Whether the failed call used TLS.</param>
    public static async Task<string?> AdviseAsync(
        string host, int port, bool encrypted, CancellationToken cancellationToken)
    {
        if (await ReadHttpAsync(host, port, cancellationToken) is { } response)
        {
            // The port for gRPC refuses HTTP/1.1 in HTTP/1.1.
            return response.Contains("HTTP/2 only", StringComparison.Ordinal)
                ? encrypted ? $"The port does not speak TLS: use http://{host}:{port}." : null
                : "The port speaks HTTP/1.1, like the server's HTTP port. gRPC uses another port, 50051 by "
                    + "default.";
        }

        return !encrypted && await SpeaksTlsAsync(host, port, cancellationToken)
            ? $"The port speaks TLS: use https://{host}:{port}, and --tls-ca for a private certificate authority."
            : null;
    }

    /// <summary>The beginning of a response to a request of HTTP/1.1; null where none came.</summary>
    private static Task<string?> ReadHttpAsync(string host, int port, CancellationToken cancellationToken) =>
        TryAsync(
            host,
            port,
            async (stream, token) =>
            {
                var request = $"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(request), token);
                var buffer = new byte[ResponseLength];
                var read = await stream.ReadAsync(buffer, token);
                var text = Encoding.Latin1.GetString(buffer, 0, read);
                return text.StartsWith("HTTP/1.", StringComparison.Ordinal) ? text : null;
            },
            cancellationToken);

    private static async Task<bool> SpeaksTlsAsync(string host, int port, CancellationToken cancellationToken) =>
        await TryAsync(
            host,
            port,
            async (stream, token) =>
            {
                // Nothing is sent over it, so whose certificate it is does not matter here.
                await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = host,
                        RemoteCertificateValidationCallback = (_, _, _, _) => true,
                    },
                    token);
                return "TLS";
            },
            cancellationToken) is not null;

    private static async Task<string?> TryAsync(
        string host, int port, Func<Stream, CancellationToken, Task<string?>> talk, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            return await talk(client.GetStream(), limit.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
