using System.Diagnostics;
using System.Globalization;
using System.Net;
using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.Cli.Diagnosis;

/// <summary>Whether there is a server, of which kind and version, and whether its models serve.</summary>
internal static class ServerChecks
{
    private const string Server = "server";

    private static readonly TimeSpan HttpTimeout = TimeSpan.FromSeconds(3);

    /// <param name="address">As it was given.</param>
    public static async Task<IReadOnlyList<Finding>> RunAsync(
        ClipClient client, string address, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        ClipModelList response;
        try
        {
            response = await client.ListModelsAsync(cancellationToken);
        }
        catch (ClipClientException exception)
        {
            var advice = await ProbeAsync(exception, address, cancellationToken) ?? AdviceOn(exception);
            return [Finding.Fail(Server, FlagNames.InCall(exception.Message), advice)];
        }

        var elapsed = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        var findings = new List<Finding>
        {
            Finding.Ok(
                Server,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{address} responds to gRPC ({Encryption(address)}) in {elapsed:0} ms")),
            CheckVersion(response.ServerVersion, ProductVersion.Text),
            await CheckHealthAsync(client, cancellationToken),
        };
        findings.AddRange(response.Models.Select(CheckModel));
        if (response.Models.Count == 0)
            findings.Add(Finding.Fail("models", "the server has no models", "Load one: clip load demo"));
        return findings;
    }

    /// <summary>The server's HTTP port on the host of its gRPC port.</summary>
    public static async Task<Finding> CheckHttpAsync(string host, int port, CancellationToken cancellationToken)
    {
        const string name = "HTTP port";
        var url = new UriBuilder(Uri.UriSchemeHttp, host, port, "readyz").Uri;
        var advice = "It serves metrics and health checks. Specify another port with --http-port; 0 skips this check.";
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = HttpTimeout };
        try
        {
            using var response = await http.GetAsync(url, cancellationToken);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Finding.Ok(name, $"{url} reports that the server is ready"),
                HttpStatusCode.ServiceUnavailable =>
                    Finding.Warn(name, $"{url} reports that the server is not ready", "Its models may be loading."),
                var status => Finding.Warn(name, $"{url} responded with an unexpected status: {(int)status}", advice),
            };
        }
        catch (HttpRequestException exception)
        {
            return Finding.Warn(name, $"{url} cannot be reached: {exception.GetBaseException().Message}", advice);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Finding.Warn(name, $"{url} did not respond within {HttpTimeout.TotalSeconds} s", advice);
        }
    }

    /// <summary>
    /// Versions with the same major number, and before 1.0 the same minor number, understand each other.
    /// </summary>
    public static Finding CheckVersion(string server, string client)
    {
        const string name = "versions";
        var detail = $"server {server}, clip {client}";
        return Version.TryParse(server.Split('-')[0], out var ofServer)
            && Version.TryParse(client.Split('-')[0], out var ofClient)
            && ofServer.Major == ofClient.Major && (ofServer.Major > 0 || ofServer.Minor == ofClient.Minor)
                ? Finding.Ok(name, detail)
                : Finding.Warn(name, detail, "Use the version of the server: dotnet tool update -g ClipGrpc.Cli");
    }

    /// <summary>
    /// The address as a URI; null where it has no host and port of its own: a socket, a name with many.
    /// </summary>
    public static Uri? FindEndpoint(string address)
    {
        var text = address.Contains("//", StringComparison.Ordinal) ? address : $"http://{address}";
        return !address.StartsWith("unix:", StringComparison.OrdinalIgnoreCase)
            && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? uri
                : null;
    }

    private static async Task<string?> ProbeAsync(
        ClipClientException exception, string address, CancellationToken cancellationToken) =>
        !exception.IsConnectionFailure
        && exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.DeadlineExceeded
        && FindEndpoint(address) is { } endpoint
            ? await PortProbe.AdviseAsync(
                endpoint.Host, endpoint.Port, endpoint.Scheme == Uri.UriSchemeHttps, cancellationToken)
            : null;

    private static string Encryption(string address) =>
        address.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "with TLS"
        : address.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) ? "a Unix domain socket"
        : address.StartsWith("http:", StringComparison.OrdinalIgnoreCase) ? "without TLS"
        : "with TLS if --tls-ca or --tls-cert is given";

    private static string AdviceOn(ClipClientException exception) => exception switch
    {
        { IsConnectionFailure: true } =>
            "Start a server, or specify one with --server or CLIP_SERVER. The default gRPC port is 50051.",
        { StatusCode: StatusCode.Unauthenticated } => "Send an API key or token: CLIP_API_KEY or --api-key-file.",
        { StatusCode: StatusCode.PermissionDenied } =>
            "The key needs the role models:read or infer; create one with `clip key create`.",
        { StatusCode: StatusCode.Unimplemented } =>
            "It is a gRPC server, but not ClipGrpc. Specify another one with --server.",
        { StatusCode: StatusCode.DeadlineExceeded } =>
            "Connections are accepted, but calls get no response. Check the address, firewalls and proxies.",
        _ => "Check the address (--server), its port and TLS (https:// or http://).",
    };

    private static async Task<Finding> CheckHealthAsync(ClipClient client, CancellationToken cancellationToken)
    {
        const string name = "health";
        try
        {
            return await client.CheckHealthAsync(cancellationToken: cancellationToken) == ServingStatus.Serving
                ? Finding.Ok(name, "the server is serving")
                : Finding.Fail(
                    name, "the server is not serving", "It is loading or shutting down: see `clip ps` and its log.");
        }
        catch (ClipClientException exception)
        {
            return Finding.Fail(name, FlagNames.InCall(exception.Message), "See the server's log.");
        }
    }

    private static Finding CheckModel(ClipModel model)
    {
        var name = $"model {model.Name}";
        var detail = $"{model.State.ToString().ToLowerInvariant()}, {model.Device} ({model.Provider}, "
            + $"{model.Precision}), revision {model.Revision}";
        return model.State switch
        {
            ModelState.Ready => Finding.Ok(name, detail),
            ModelState.Loading => Finding.Warn(name, "loading", "Wait; `clip ps` shows when it is ready."),
            ModelState.Draining => Finding.Warn(name, "draining", "It is being unloaded."),
            _ => Finding.Fail(
                name,
                model.State.ToString().ToLowerInvariant(),
                $"See the server's log, then `clip unload {model.Name}` and load it again."),
        };
    }
}
