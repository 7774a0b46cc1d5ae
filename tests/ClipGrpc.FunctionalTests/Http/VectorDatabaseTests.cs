using System.Net;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>The servers that Weaviate and Qdrant call for embeddings.</summary>
public sealed class VectorDatabaseTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    private static readonly string Cat = Convert.ToBase64String(File.ReadAllBytes(DataPath("images", "cat.jpg")));

    [Theory(Timeout = 60_000)]
    [InlineData("/vectorize")]
    [InlineData("/weaviate/demo/vectorize")]
    public async Task Weaviate_TextsAndImages_EqualGrpcToTheBit(string path)
    {
        var expected = await EmbedAsync(Sentence("a cat"), Sentence("a dog"), ImageInput("cat.jpg"));

        var response = await PostAsync(path, $$"""{"texts":["a cat","a dog"],"images":["{{Cat}}"]}""");

        Assert.True(response.Code == 200, response.Body.ToString());
        Assert.Equal(expected[..2], Vectors(response, "textVectors"));
        Assert.Equal(expected[2..], Vectors(response, "imageVectors"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"texts":["a cat"]}""", 1, 0)]
    [InlineData("""{"texts":["a cat"],"images":null}""", 1, 0)]
    [InlineData("""{"texts":[],"images":[]}""", 0, 0)]
    [InlineData("{}", 0, 0)]
    public async Task Weaviate_OneOrNoneOfBoth_HasBothLists(string json, int texts, int images)
    {
        var response = await PostAsync("/vectorize", json);

        Assert.Equal(texts, Vectors(response, "textVectors").Count());
        Assert.Equal(images, Vectors(response, "imageVectors").Count());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("/weaviate/demo")]
    public async Task Weaviate_ProbesAndMeta_AreAsTheClientExpects(string prefix)
    {
        foreach (var probe in new[] { "ready", "live" })
        {
            using var response = await demo.Server.Http.GetAsync(
                $"{prefix}/.well-known/{probe}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }

        var meta = await JsonResponse.GetAsync(demo.Server.Http, $"{prefix}/meta");
        Assert.Equal("demo", meta.Body.GetProperty("model").GetString());
        Assert.Equal(128, meta.Body.GetProperty("dimensions").GetInt32());
    }

    [Fact(Timeout = 60_000)]
    public async Task Qdrant_TextsAndImages_EqualGrpcToTheBit()
    {
        var expected = await EmbedAsync(Sentence("a cat"), ImageInput("cat.jpg"));

        var response = await PostAsync(
            "/qdrant",
            $$"""
            {"inputs":[{"data":"a cat","data_type":"text","model":"demo","options":null},
                       {"data":"{{Cat}}","data_type":"image","model":"demo","options":null}],
             "inference":"update","token":null}
            """);

        Assert.True(response.Code == 200, response.Body.ToString());
        Assert.Equal(expected, Vectors(response, "embeddings"));
        var tokens = response.Body.GetProperty("usage").GetProperty("models").GetProperty("demo").GetProperty("tokens");
        Assert.True(tokens.GetInt32() > 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task Qdrant_InputsOfTwoModels_KeepTheirOrder()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Models"] = "one=demo;two=demo" });

        var response = await JsonResponse.PostAsync(
            server.Http, "/qdrant",
            """
            {"inputs":[{"data":"a cat","model":"one"},{"data":"a dog","model":"two"},{"data":"a bus","model":"one"},
                       {"data":"a cat","model":"two"}]}
            """);

        var vectors = Vectors(response, "embeddings").ToArray();
        Assert.Equal(4, vectors.Length);
        Assert.True(Cosine(vectors[0], vectors[3]) > 0.99999);
        Assert.True(Cosine(vectors[0], vectors[1]) < 0.99);
        Assert.Equal(
            ["one", "two"],
            response.Body.GetProperty("usage").GetProperty("models").EnumerateObject().Select(model => model.Name));
    }

    public static TheoryData<string, string, int, string> Errors => new()
    {
        { "/vectorize", "", 400, "The body is empty" },
        { "/vectorize", """{"texts":"a"}""", 400, "texts: It must be an array" },
        { "/vectorize", """{"texts":[1]}""", 400, "texts[0]: It must be a string" },
        { "/vectorize", """{"images":["AAAA"]}""", 400, "images[0]: " },
        { "/vectorize", """{"images":["https://example.org/a.png"]}""", 400, "not fetched" },
        { "/vectorize", """{"images":""" + new string('[', 10_000), 400, "depth" },
        { "/vectorize", $$"""{"images":["data:a/b;base64,{{new string('A', 3 << 20)}}"]}""", 400, "a/b" },
        { "/weaviate/nope/vectorize", """{"texts":["a"]}""", 404, "Loaded models: demo" },
        { "/weaviate/demo/nope", "{}", 404, "a model has /vectorize" },
        { "/qdrant", "[", 400, "not JSON" },
        { "/qdrant", "{}", 400, "inputs: The field is missing" },
        { "/qdrant", """{"inputs":[]}""", 400, "at least one" },
        { "/qdrant", """{"inputs":["a"]}""", 400, "inputs[0]: It must be an object" },
        { "/qdrant", """{"inputs":[{"data_type":"text"}]}""", 400, "inputs[0].data: The field is missing" },
        { "/qdrant", """{"inputs":[{"data":{},"data_type":"object"}]}""", 400, "use text or image" },
        { "/qdrant", """{"inputs":[{"data":"https://a/b","data_type":"image"}]}""", 400, "not fetched" },
        { "/qdrant", """{"inputs":[{"data":"a","model":"nope"}]}""", 404, "Loaded models: demo" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Errors))]
    public async Task Call_InvalidRequest_IsAJsonError(string path, string json, int status, string message)
    {
        var response = await PostAsync(path, json);

        Assert.Equal(status, response.Code);
        Assert.Contains(message, response.Body.GetProperty("error").GetString());
    }

    private static IEnumerable<float[]> Vectors(JsonResponse response, string name) =>
        response.Body.GetProperty(name).EnumerateArray().Select(JsonResponse.Floats);

    private Task<JsonResponse> PostAsync(string path, string json) =>
        JsonResponse.PostAsync(demo.Server.Http, path, json);

    private async Task<float[][]> EmbedAsync(params Input[] inputs)
    {
        var request = new EmbedRequest();
        request.Inputs.AddRange(inputs);
        return [.. (await demo.Clip.EmbedAsync(request, Limited())).Results.Select(Values)];
    }
}
