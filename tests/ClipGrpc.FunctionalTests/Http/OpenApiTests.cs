using System.Text.Json;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Server.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>The description of the HTTP port: it has every endpoint, and its examples work.</summary>
public sealed class OpenApiTests(DemoServer demo)
{
    [Fact(Timeout = 60_000)]
    public async Task Document_Paths_AreTheEndpointsOfTheServer()
    {
        var document = await GetAsync(demo.Server);
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(
                operation => $"{operation.Name.ToUpperInvariant()} {WithoutTail(path.Name)}"));
        var served = demo.Server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ListenerMetadata>()?.Listener == Listener.Http)
            .Select(endpoint => MethodOf(endpoint) + " " + WithoutTail("/" + endpoint.RoutePattern.RawText!.Trim('/')));

        Assert.StartsWith("3.1.", document.GetProperty("openapi").GetString());
        Assert.Equal(served.Distinct().Order(), described.Distinct().Order());
    }

    [Fact(Timeout = 120_000)]
    public async Task Document_EveryExample_IsAnswered()
    {
        // Another one than that of other tests, because a model is unloaded.
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Models"] = "demo=demo;spare=demo" });
        var examples = 0;
        var document = await GetAsync(server);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var url = UrlOf(path.Name);
                foreach (var body in ExamplesOf(operation.Value))
                {
                    using var request = new HttpRequestMessage(
                        HttpMethod.Parse(operation.Name.ToUpperInvariant()), url)
                    {
                        Content = body is null ? null : new StringContent(body),
                    };
                    using var response = await server.Http.SendAsync(
                        request, TestContext.Current.CancellationToken);
                    Assert.True(
                        operation.Value.GetProperty("responses").TryGetProperty($"{(int)response.StatusCode}", out _)
                        && response.IsSuccessStatusCode,
                        $"{operation.Name} {url} {body}: {response.StatusCode}");
                    examples++;
                }
            }
        }

        Assert.True(examples > 30, $"{examples} examples");
    }

    [Fact(Timeout = 60_000)]
    public async Task Document_References_Exist()
    {
        var document = await GetAsync(demo.Server);

        Assert.All(References(document).Distinct(), reference =>
        {
            var found = document;
            foreach (var name in reference.Split('/').Skip(1))
                found = found.GetProperty(name);
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task Document_InterfacesSwitchedOff_AreNotInIt()
    {
        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>
        {
            ["Clip:Http:OpenAi"] = "false",
            ["Clip:Http:HuggingFace"] = "false",
            ["Clip:Http:Weaviate"] = "false",
            ["Clip:Http:OpenInference"] = "false",
            ["Clip:Http:Qdrant"] = "false",
            ["Clip:Http:Page"] = "false",
        });

        var document = await GetAsync(server);

        Assert.Equal(
            ["/healthz", "/metrics", "/openapi/v1.json", "/readyz", "/rerank", "/v1/classify", "/v1/rerank"],
            document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        string[] off = ["/v1/embeddings", "/", "/embed", "/vectorize", "/qdrant", "/v2/models/demo/infer"];
        foreach (var path in off)
        {
            using var response = await server.Http.PostAsync(
                path, new StringContent("{}"), TestContext.Current.CancellationToken);
            Assert.Equal(404, (int)response.StatusCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Document_OneOfTwoInterfacesOfAPathOff_HasTheOther()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Http:HuggingFace"] = "false" });

        var document = await GetAsync(server);

        Assert.Equal(
            ["get"], document.GetProperty("paths").GetProperty("/").EnumerateObject().Select(method => method.Name));
    }

    /// <summary>A path with the demo model, or another one to unload.</summary>
    internal static string UrlOf(string path) => path
        .Replace("{name}", path.EndsWith("/unload", StringComparison.Ordinal) ? "spare" : "demo")
        .Replace("{id}", "demo").Replace("{model}", "demo").Replace("{version}", "1").Replace("{file}", "app.js");

    private static async Task<JsonElement> GetAsync(RunningServer server) =>
        (await JsonResponse.GetAsync(server.Http, "/openapi/v1.json")).Body;

    /// <summary>What a catch-all of the server matches is described in detail.</summary>
    private static string WithoutTail(string path) => path.IndexOf('{') is >= 0 and var start ? path[..start] : path;

    private static string MethodOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";

    /// <summary>The bodies; one that is null for an operation without.</summary>
    private static IEnumerable<string?> ExamplesOf(JsonElement operation) =>
        operation.TryGetProperty("requestBody", out var body)
            ? body.GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject()
                .Select(example => example.Value.GetProperty("value").GetRawText())
            : (IEnumerable<string?>)[null];

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(
            property => property.Name == "$ref" ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
