using System.Net;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>What pages of other origins may do: nothing, unless their origin is configured.</summary>
public sealed class CorsTests(DemoServer demo)
{
    private const string Origin = "https://app.example.com";

    [Fact(Timeout = 60_000)]
    public async Task Request_NothingConfigured_GetsNoPermission()
    {
        using var call = await SendAsync(demo.Server.Http, HttpMethod.Get, "/v1/models", Origin);
        using var preflight = await PreflightAsync(demo.Server.Http, Origin);

        Assert.Equal(HttpStatusCode.OK, call.StatusCode);
        Assert.Empty(Cors(call));
        Assert.Empty(Cors(preflight));
    }

    [Fact(Timeout = 60_000)]
    public async Task Request_ConfiguredOrigin_IsAllowedWithoutWhatBrowsersAddThemselves()
    {
        using var credentials = new TestCredentials();
        await using var server = await RunningServer.StartAsync(new(credentials.AccessSettings)
        {
            ["Clip:Http:CorsOrigins"] = $"{Origin},http://localhost:5173",
        });

        using var preflight = await PreflightAsync(server.Http, Origin);
        using var refused = await SendAsync(server.Http, HttpMethod.Get, "/v1/models", Origin);
        using var allowed = await SendAsync(
            server.Http, HttpMethod.Get, "/v1/models", Origin, ("authorization", $"Bearer {TestCredentials.InferKey}"));

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Origin, Header(preflight, "Access-Control-Allow-Origin"));
        Assert.Contains("authorization", Header(preflight, "Access-Control-Allow-Headers"));
        Assert.DoesNotContain("Access-Control-Allow-Credentials", Cors(preflight));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(Origin, Header(refused, "Access-Control-Allow-Origin")); // so that the page can read the error
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Contains("grpc-status", Header(allowed, "Access-Control-Expose-Headers"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("https://app.example.com.evil.example")]
    [InlineData("http://app.example.com")]
    [InlineData("https://app.example.com:8443")]
    [InlineData("null")]
    public async Task Request_AnotherOrigin_GetsNoPermission(string origin)
    {
        await using var server = await RunningServer.StartWithoutModelsAsync(
            new Dictionary<string, string?> { ["Clip:Http:CorsOrigins"] = Origin });

        using var preflight = await PreflightAsync(server.Http, origin);
        using var call = await SendAsync(server.Http, HttpMethod.Get, "/healthz", origin);

        Assert.Empty(Cors(preflight));
        Assert.Empty(Cors(call));
    }

    private static Task<HttpResponseMessage> PreflightAsync(HttpClient http, string origin) => SendAsync(
        http, HttpMethod.Options, "/clipgrpc.v1.ClipService/Embed", origin,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type,x-grpc-web"));

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpMethod method, string path, string origin, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers.Prepend(("Origin", origin)))
            request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> Cors(HttpResponseMessage response) => response.Headers
        .Select(header => header.Key).Where(name => name.StartsWith("Access-Control-", StringComparison.Ordinal));

    private static string Header(HttpResponseMessage response, string name) =>
        string.Join(",", response.Headers.GetValues(name));
}
