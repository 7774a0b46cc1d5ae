using System.Net;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>What clients learn of paths and methods that are not there.</summary>
public sealed class UnknownPathTests(DemoServer demo)
{
    [Theory(Timeout = 60_000)]
    [InlineData("POST", "/v1/completions", "There is no POST /v1/completions; GET /openapi/v1.json")]
    [InlineData("GET", "/v1", "There is no GET /v1;")]
    [InlineData("GET", "/v1/embeddings", "There is no GET /v1/embeddings;")]
    [InlineData("POST", "/v1/multimodalembeddings", "There is no POST /v1/multimodalembeddings;")]
    public async Task Call_UnknownBelowV1_Is404InTheFormatOfOpenAi(string method, string path, string message)
    {
        var response = await SendAsync(demo.Server, method, path);

        Assert.Equal(404, response.Code);
        var error = response.Body.GetProperty("error");
        Assert.StartsWith(message, error.GetProperty("message").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal("unknown_url", error.GetProperty("code").GetString());
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
        Assert.Equal(error.GetProperty("message").GetString(), response.Body.GetProperty("detail").GetString());
        Assert.Equal("SERVICE_NOT_FOUND", response.Headers.GetValues("x-error-reason").Single());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("POST", "/v2/embed", "Cohere's API is not served. Texts and images are embedded by POST /v1/embed")]
    [InlineData("POST", "/v2/rerank", "Cohere's API is not served. Documents are ranked by POST /v1/rerank")]
    [InlineData("POST", "/v2/models/stats/x", "There is nothing at this path; a model has the endpoint /infer")]
    [InlineData("GET", "/v2/logging", "There is no GET /v2/logging; GET /openapi/v1.json")]
    public async Task Call_UnknownBelowV2_Is404InTheFormatOfTheProtocol(string method, string path, string message)
    {
        var response = await SendAsync(demo.Server, method, path);

        Assert.Equal(404, response.Code);
        Assert.StartsWith(message, response.Body.GetProperty("error").GetString());
        Assert.Equal(["error"], response.Body.EnumerateObject().Select(field => field.Name));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("DELETE", "/v1/models/demo", "GET")]
    [InlineData("POST", "/v2/health/live", "GET")]
    [InlineData("PUT", "/v2/models/demo/infer", "GET, POST")]
    public async Task Call_WithAnotherMethod_Is405AndNamesThose(string method, string path, string allowed)
    {
        var response = await SendAsync(demo.Server, method, path);

        Assert.Equal(405, response.Code);
        var error = response.Body.GetProperty("error");
        var message = error.ValueKind == JsonValueKind.String ? error : error.GetProperty("message");
        Assert.Equal($"{path} does not support {method}; it supports {allowed}.", message.GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_InterfacesSwitchedOff_NamesNoneOfThem()
    {
        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>
        {
            ["Clip:Http:OpenAi"] = "false",
            ["Clip:Http:Jina"] = "false",
        });

        var cohere = await SendAsync(server, "POST", "/v2/embed");
        var openAi = await SendAsync(server, "POST", "/v1/embeddings");

        Assert.Equal("Cohere's API is not served.", cohere.Body.GetProperty("error").GetString());
        Assert.Equal((404, JsonValueKind.Undefined), (openAi.Code, openAi.Body.ValueKind));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/v1/embeddings")]
    [InlineData("/v2/embed")]
    public async Task Call_OnTheGrpcPort_HasNoBody(string path)
    {
        using var http = new HttpClient
        {
            BaseAddress = demo.Server.GrpcAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await http.PostAsync(
            path, new StringContent("{}"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static Task<JsonResponse> SendAsync(RunningServer server, string method, string path) =>
        JsonResponse.SendAsync(server.Http, HttpMethod.Parse(method), path, new StringContent("{}"));
}
