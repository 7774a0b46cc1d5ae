using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>Access control and limits of callers on the interfaces of other servers, in their formats.</summary>
public sealed class HttpAccessTests : IDisposable
{
    private readonly TestCredentials _credentials = new();

    public void Dispose() => _credentials.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Call_WithoutOrWithWrongCredentials_IsRefusedInTheFormatOfItsClients()
    {
        await using var server = await RunningServer.StartAsync(_credentials.AccessSettings);
        foreach (var (path, message) in new (string, Func<JsonElement, string?>)[]
        {
            ("/v1/embeddings", body => body.GetProperty("error").GetProperty("message").GetString()),
            ("/v1/classify", body => body.GetProperty("detail").GetString()),
            ("/v1/rerank", body => body.GetProperty("detail").GetString()),
            ("/", body => body.GetProperty("error").GetString()),
            ("/models/demo", body => body.GetProperty("error").GetString()),
            ("/embed", body => body.GetProperty("error").GetString()),
            ("/rerank", body => body.GetProperty("error").GetString()),
            ("/vectorize", body => body.GetProperty("error").GetString()),
            ("/weaviate/demo/vectorize", body => body.GetProperty("error").GetString()),
            ("/v2/models/demo/infer", body => body.GetProperty("error").GetString()),
            ("/qdrant", body => body.GetProperty("error").GetString()),
        })
        {
            var anonymous = await JsonResponse.PostAsync(server.Http, path, "{}");
            var unknown = await JsonResponse.PostAsync(server.Http, path, "{}", ("Authorization", "Bearer wrong"));
            var denied = await JsonResponse.PostAsync(
                server.Http, path, "{}", ("Authorization", $"Bearer {TestCredentials.MetricsKey}"));
            var allowed = await JsonResponse.PostAsync(
                server.Http, path, "{}", ("x-api-key", TestCredentials.InferKey));

            Assert.Equal(401, anonymous.Code);
            Assert.Equal("Bearer", anonymous.Headers.WwwAuthenticate.ToString());
            Assert.Contains("requires credentials", message(anonymous.Body));
            Assert.Equal(401, unknown.Code);
            Assert.Contains("not valid", message(unknown.Body));
            Assert.Equal(403, denied.Code);
            Assert.Contains("none of the roles", message(denied.Body));
            Assert.NotEqual(401, allowed.Code);
            Assert.NotEqual(403, allowed.Code);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_MoreItemsThanTheRate_Is429WithTheTimeToRetry()
    {
        await using var server = await StartAsync("roles=infer rate=0.001 burst=3");
        var allowed = await PostAsync(server, """{"input":["a","b","c"]}""");
        var refused = await PostAsync(server, """{"input":"d"}""");
        var never = await PostAsync(server, """{"input":["a","b","c","d"]}""");

        Assert.Equal(200, allowed.Code);
        Assert.Equal(429, refused.Code);
        Assert.True(int.Parse(refused.Headers.GetValues("retry-after-ms").Single()) > 1000);
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.FromSeconds(1));
        Assert.Equal(400, never.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_NewLabels_CountAgainstTheRate()
    {
        const string Json = """{"input":"a","labels":["b","c"]}""";
        await using var server = await StartAsync("roles=infer rate=0.001 burst=4");
        var first = await PostAsync(server, Json, "/v1/classify");
        var embedded = await PostAsync(server, Json, "/v1/classify");
        var refused = await PostAsync(server, """{"input":"a","labels":["d"]}""", "/v1/classify");

        Assert.Equal(200, first.Code);
        Assert.Equal(200, embedded.Code);
        Assert.Equal(429, refused.Code);
    }

    /// <summary>Routing has an endpoint of its own for it, without an access rule.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Call_WithAnotherMethodOverTheAdminSocket_Is405()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:AdminSocket"] = _credentials.SocketFile });
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_credentials.SocketFile), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var wrong = await http.GetAsync(
            new Uri("http://localhost/vectorize"), TestContext.Current.CancellationToken);
        using var right = await http.GetAsync(
            new Uri("http://localhost/v1/models"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    private Task<RunningServer> StartAsync(string settings)
    {
        _credentials.WriteKeys(TestCredentials.Line("caller", "k", settings));
        return RunningServer.StartAsync(_credentials.AccessSettings);
    }

    private static Task<JsonResponse> PostAsync(RunningServer server, string json, string path = "/v1/embeddings") =>
        JsonResponse.PostAsync(server.Http, path, json, ("Authorization", "Bearer k"));
}
