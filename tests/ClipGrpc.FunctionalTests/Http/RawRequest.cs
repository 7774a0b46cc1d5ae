using System.Net.Sockets;
using System.Text;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>Requests whose target the clients of .NET would change or refuse.</summary>
internal static class RawRequest
{
    /// <summary>All of the response, as it came.</summary>
    public static async Task<string> SendAsync(Uri server, string method, string target, string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var request =
            $"{method} {target} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: close\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
