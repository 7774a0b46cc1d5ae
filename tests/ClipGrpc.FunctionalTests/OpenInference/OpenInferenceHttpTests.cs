using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.FunctionalTests.Http;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static ClipGrpc.FunctionalTests.OpenInference.OpenInferenceRequests;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.OpenInference;

/// <summary>The Open Inference Protocol over HTTP.</summary>
public sealed class OpenInferenceHttpTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    private const string Infer = "/v2/models/demo/infer";
    private const string LengthHeader = "Inference-Header-Content-Length";

    private static readonly byte[] Cat = File.ReadAllBytes(DataPath("images", "cat.jpg"));

    [Fact(Timeout = 60_000)]
    public async Task Infer_JsonTexts_EqualEmbedToTheBit()
    {
        var response = await PostAsync(
            """
            {"id":"42","inputs":[{"name":"texts","shape":[2],"datatype":"BYTES","data":["a red bicycle","a dog"]}],
             "outputs":[{"name":"text_embeds"}]}
            """);

        Assert.True(response.Code == 200, response.Body.ToString());
        Assert.Equal("demo", response.Body.GetProperty("model_name").GetString());
        Assert.Equal("1", response.Body.GetProperty("model_version").GetString());
        Assert.Equal("42", response.Body.GetProperty("id").GetString());
        var output = Assert.Single(response.Body.GetProperty("outputs").EnumerateArray());
        Assert.Equal("FP32", output.GetProperty("datatype").GetString());
        Assert.Equal([2, 128], output.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal(
            await EmbedAsync(Sentence("a red bicycle"), Sentence("a dog")),
            JsonResponse.Floats(output.GetProperty("data")).Chunk(128));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_JsonImagesFramesAndIds_EqualEmbed()
    {
        var image = Convert.ToBase64String(Cat);
        var images = await PostAsync(
            $$"""
            {"inputs":[{"name":"images","shape":[2,1],"datatype":"BYTES","parameters":{"content_type":"base64"},
              "data":[["{{image}}"],["data:image/jpeg;base64,{{image}}"]]}]}
            """);
        var frames = await PostAsync(
            """
            {"inputs":[{"name":"frames","shape":[1,1,2,3],"datatype":"UINT8","data":[[[[1,2,3],[4,5,6]]]]}]}
            """);

        var cat = await EmbedAsync(ImageInput("cat.jpg"), ImageInput("cat.jpg"));
        Assert.Equal(cat, RowsOf(images, "image_embeds"));
        var raw = new RawImage
        {
            Width = 2,
            Height = 1,
            Format = PixelFormat.Rgb24,
            Data = Google.Protobuf.ByteString.CopyFrom(1, 2, 3, 4, 5, 6),
        };
        Assert.Equal(
            await EmbedAsync(new Input { Image = new Image { Raw = raw } }), RowsOf(frames, "image_embeds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_BinaryInputsAndOutputs_AreTheBytesAfterTheJson()
    {
        var texts = Texts("a red bicycle", "");
        var images = Elements(Cat);
        var json = $$"""
            {"inputs":[
              {"name":"images","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":{{images.Length}} } },
             {"name":"texts","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":{{texts.Length}} } }],
             "outputs":[{"name":"text_embeds","parameters":{"binary_data":true} },{"name":"probs"},
              {"name":"image_embeds","parameters":{"binary_data":true} }]}
            """;

        var (head, rest) = await PostBinaryAsync(json, [.. images, .. texts]);

        var expected = await EmbedAsync(ImageInput("cat.jpg"), Sentence("a red bicycle"), Sentence(""));
        var outputs = head.GetProperty("outputs");
        Assert.Equal(1024, outputs[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        Assert.False(outputs[0].TryGetProperty("data", out _));
        Assert.Equal(2, outputs[1].GetProperty("data").GetArrayLength());
        Assert.Equal(512, outputs[2].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        Assert.Equal(1024 + 512, rest.Length);
        Assert.Equal(expected[1..], Rows(rest.AsSpan(0, 1024), [2, 128]));
        Assert.Equal(expected[..1], Rows(rest.AsSpan(1024), [1, 128]));

        // Little endian: the bytes of the first number.
        Assert.Equal(expected[1][0], BinaryPrimitives.ReadSingleLittleEndian(rest));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_BinaryOutputOfAll_ClassificationAndHalves()
    {
        const string Inputs = """
            "inputs":[{"name":"texts","shape":[1],"datatype":"BYTES","data":["a cat"]}]
            """;
        var (_, all) = await PostBinaryAsync($$"""{{{Inputs}},"parameters":{"binary_data_output":true} }""", []);
        var (head, classes) = await PostBinaryAsync(
            $$"""
            {{{Inputs}},"parameters":{"binary_data_output":true},
             "outputs":[{"name":"text_embeds","parameters":{"classification":3} }]}
            """,
            []);
        var text = await PostAsync(
            $$"""{{{Inputs}},"outputs":[{"name":"text_embeds","parameters":{"classification":3} }]}""");
        var (_, halves) = await PostBinaryAsync(
            $$"""{{{Inputs}},"parameters":{"binary_data_output":true,"embed_dtype":"FP16"} }""", []);
        var refused = await PostAsync($$"""{{{Inputs}},"parameters":{"embed_dtype":"FP16"} }""");

        var expected = (await EmbedAsync(Sentence("a cat")))[0];
        Assert.Equal(expected, Rows(all, [1, 128])[0]);
        var best = Enumerable.Range(0, 128).OrderByDescending(i => expected[i]).Take(3)
            .Select(i => FormattableString.Invariant($"{expected[i]}:{i}")).ToArray();
        Assert.Equal("BYTES", head.GetProperty("outputs")[0].GetProperty("datatype").GetString());
        Assert.Equal(best, ReadElements(classes).Select(Encoding.UTF8.GetString));
        Assert.Equal(
            best,
            text.Body.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal(256, halves.Length);
        Assert.Equal(
            Array.ConvertAll(expected, number => (Half)number),
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(halves).ToArray());
        Assert.Equal(400, refused.Code);
        Assert.Contains("FP16 requires binary outputs", refused.Body.GetProperty("error").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_ImageFileAlone_IsEmbedded()
    {
        using var content = new ByteArrayContent(Cat);
        content.Headers.Add(LengthHeader, "0");
        using var response = await demo.Server.Http.PostAsync(
            Infer, content, TestContext.Current.CancellationToken);
        var (head, rest) = await ReadBinaryAsync(response);

        Assert.Equal("image_embeds", Assert.Single(head.GetProperty("outputs").EnumerateArray())
            .GetProperty("name").GetString());
        Assert.Equal(await EmbedAsync(ImageInput("cat.jpg")), Rows(rest, [1, 128]));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CompressedBody_IsTheSame(string encoding)
    {
        const string Json = """{"inputs":[{"name":"texts","shape":[1],"datatype":"BYTES","data":["a cat"]}]}""";
        var response = await PostCompressedAsync(demo.Server, encoding, Encoding.UTF8.GetBytes(Json));

        Assert.Equal(200, response.Code);
        Assert.Equal(await EmbedAsync(Sentence("a cat")), RowsOf(response, "text_embeds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_CompressedBodyThatGrowsOrIsNotCompressed_IsRefused()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:MaxMessageBytes"] = "65536" });
        var bomb = await PostCompressedAsync(server, "gzip", new byte[10_000_000]);
        var broken = await PostAsync("nonsense", Infer, ("Content-Encoding", "gzip"));
        var unknown = await PostAsync("nonsense", Infer, ("Content-Encoding", "br"));

        Assert.Equal(413, bomb.Code);
        Assert.Equal((400, 415), (broken.Code, unknown.Code));
        Assert.Contains("not valid gzip data", broken.Body.GetProperty("error").GetString());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/v2/models/org/model-x", "/v2/models/org%2Fmodel-x")]
    [InlineData("/v2/models/org/model-x/versions/1", "/v2/models/org%2Fmodel-x/versions/1")]
    public async Task Model_NameWithASlash_IsFoundInBothSpellings(string plain, string encoded)
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>
            {
                ["Clip:Models"] = "org/model-x=demo",
                ["Clip:Http:Aliases:0"] = "x=org/model-x",
            });
        const string Json = """{"inputs":[{"name":"texts","shape":[1],"datatype":"BYTES","data":["a cat"]}]}""";
        foreach (var path in new[] { plain, encoded, "/v2/models/x" })
        {
            foreach (var action in new[] { "", "/ready", "/config", "/stats" })
            {
                var described = await JsonResponse.GetAsync(server.Http, path + action);
                Assert.True(described.Code == 200, $"{path}{action}: {described.Body}");
            }

            var response = await JsonResponse.PostAsync(server.Http, $"{path}/infer", Json);
            Assert.Equal("org/model-x", response.Body.GetProperty("model_name").GetString());
        }

        Assert.Equal(404, (await JsonResponse.GetAsync(server.Http, "/v2/models/org%252Fmodel-x")).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Descriptions_OfServerAndModel_AreThoseOfGrpc()
    {
        var server = await GetAsync("/v2");
        Assert.Equal("clipgrpc", server.GetProperty("name").GetString());
        Assert.Contains(
            "statistics", server.GetProperty("extensions").EnumerateArray().Select(item => item.GetString()));
        Assert.True((await GetAsync("/v2/health/live")).GetProperty("live").GetBoolean());
        Assert.True((await GetAsync("/v2/health/ready")).GetProperty("ready").GetBoolean());
        Assert.Equal("demo", (await GetAsync("/v2/models")).GetProperty("models")[0].GetString());
        Assert.True((await GetAsync("/v2/models/demo/ready")).GetProperty("ready").GetBoolean());

        var model = await GetAsync("/v2/models/demo/versions/1");
        Assert.Equal("1", model.GetProperty("versions")[0].GetString());
        Assert.Equal(
            ["images", "frames", "texts", "input_ids", "labels", "templates"],
            model.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("name").GetString()));
        Assert.Equal("[-1,128]", model.GetProperty("outputs")[0].GetProperty("shape").GetRawText());

        var config = await GetAsync("/v2/models/demo/config");
        Assert.Equal(
            """{"name":"images","data_type":"TYPE_STRING","dims":[1],"optional":true}""",
            config.GetProperty("input")[0].GetRawText());
        Assert.Equal("{}", config.GetProperty("dynamic_batching").GetRawText());
        foreach (var path in new[] { "/v2/models/stats", "/v2/models/demo/stats" })
        {
            var statistics = (await GetAsync(path)).GetProperty("model_stats")[0];
            Assert.Equal("demo", statistics.GetProperty("name").GetString());
            Assert.True(statistics.GetProperty("inference_stats").GetProperty("queue").TryGetProperty("ns", out _));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Probes_WhileTheModelLoads_Are503()
    {
        await using var server = await RunningServer.StartWithoutModelsAsync(
            customise: builder => builder.Services.Replace(
                ServiceDescriptor.Singleton<IModelLoader, EndlessLoader>()));
        var ready = await JsonResponse.GetAsync(server.Http, "/v2/health/ready");
        var model = await JsonResponse.GetAsync(server.Http, "/v2/models/demo/ready");
        var described = await JsonResponse.GetAsync(server.Http, "/v2/models/demo");
        var index = await JsonResponse.PostAsync(server.Http, "/v2/repository/index", "");

        Assert.Equal((503, 503, 503), (ready.Code, model.Code, described.Code));
        Assert.False(ready.Body.GetProperty("ready").GetBoolean());
        Assert.False(model.Body.GetProperty("ready").GetBoolean());
        Assert.Contains("is still loading", described.Body.GetProperty("error").GetString());
        Assert.Equal("LOADING", index.Body[0].GetProperty("state").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Repository_IndexUnloadAndLoad_AsTritonsClientSendsThem()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Models"] = "one=demo;org/two=demo" });
        var unloaded = await JsonResponse.PostAsync(
            server.Http, "/v2/repository/models/org/two/unload", """{"parameters":{"unload_dependents":false}}""");
        var index = await JsonResponse.SendAsync(server.Http, HttpMethod.Post, "/v2/repository/index", null);
        var ready = await JsonResponse.PostAsync(server.Http, "/v2/repository/index", """{"ready":true}""");
        var loaded = await JsonResponse.PostAsync(server.Http, "/v2/repository/models/org%2Ftwo/load", "{}");
        var again = await JsonResponse.SendAsync(
            server.Http, HttpMethod.Post, "/v2/repository/models/org/two/load", null);

        Assert.Equal("""{"name":"org/two","unload":true}""", unloaded.Body.GetRawText());
        Assert.Equal(
            [
                """{"name":"one","version":"1","state":"READY","reason":""}""",
                """{"name":"org/two","version":"","state":"UNAVAILABLE","reason":"unloaded"}""",
            ],
            index.Body.EnumerateArray().Select(model => model.GetRawText()));
        Assert.Equal(1, ready.Body.GetArrayLength());
        Assert.Equal("""{"name":"org/two","load":true}""", loaded.Body.GetRawText());
        Assert.Equal(200, again.Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Repository_WithoutTheRole_IsRefused()
    {
        using var credentials = new TestCredentials();
        await using var server = await RunningServer.StartAsync(credentials.AccessSettings);
        var load = await JsonResponse.PostAsync(
            server.Http, "/v2/repository/models/demo/load", "{}", ("x-api-key", TestCredentials.InferKey));
        var index = await JsonResponse.PostAsync(
            server.Http, "/v2/repository/index", "{}", ("x-api-key", TestCredentials.InferKey));
        var infer = await JsonResponse.PostAsync(
            server.Http, Infer, "{}", ("x-api-key", TestCredentials.AdminKey));

        Assert.Equal((403, 200, 403), (load.Code, index.Code, infer.Code));
        Assert.Contains("models:write", load.Body.GetProperty("error").GetString());
    }

    public static TheoryData<string, string, int, string> Errors => new()
    {
        { Infer, "", 400, "The body is empty" },
        { Infer, "[]", 400, "not a JSON object" },
        { Infer, "{}", 400, "inputs: The field is missing" },
        { Infer, """{"inputs":{}}""", 400, "inputs: It must be an array" },
        { Infer, """{"inputs":[]}""", 400, "There is no input to embed" },
        { Infer, """{"inputs":[1]}""", 400, "inputs[0]: It must be an object" },
        { Infer, """{"inputs":[{"name":"texts"}]}""", 400, "inputs[0].datatype: The field is missing" },
        { Infer, Input("texts", "BYTES", "[1]", "null"), 400, "inputs[0].data: The field is missing" },
        { Infer, Input("texts", "BYTES", "[1]", "\"a\""), 400, "inputs[0].data: It must be an array" },
        { Infer, Input("texts", "BYTES", "[2]", "[\"a\"]"), 400, "The number of elements is 1; the shape states 2" },
        { Infer, Input("texts", "BYTES", "[1]", "[1]"), 400, "texts[0]: It must be a string" },
        { Infer, Input("texts", "BYTES", "[1e3]", "[1]"), 400, "inputs[0].shape[0]: It must be an integer" },
        { Infer, Input("texts", "BYTES", "[99999999999999999999]", "[1]"), 400, "inputs[0].shape[0]" },
        { Infer, Input("texts", "BYTES", "[9223372036854775807]", "[1]"), 400, "larger than any message" },
        { Infer, Input("images", "BYTES", "[1]", "[\"!\"]"), 400, "images[0]: The image is not valid base64" },
        { Infer, Input("images", "BYTES", "[1]", "[\"https://a/b\"]"), 400, "URLs are not fetched" },
        { Infer, Input("images", "BYTES", "[1]", "[{}]"), 400, "images[0]: It must be a string" },
        { Infer, Input("frames", "UINT8", "[1,1,1,3]", "[1,2,256]"), 400, "value that UINT8 cannot represent" },
        { Infer, Input("frames", "UINT8", "[1,1,1,3]", "[1,2,\"3\"]"), 400, "value that UINT8 cannot represent" },
        { Infer, Input("frames", "UINT8", "[1,20000,20000,3]", "[1]"), 400, "the shape states 1,200,000,000" },
        { Infer, Input("input_ids", "INT64", "[1,1]", "[1.5]"), 400, "It has a value that INT64 cannot represent" },
        { Infer, Binary("", 9), 400, "It is 9, but 0 bytes follow" },
        { Infer, Binary("""  "data":["a"],  """, 0), 400, "The content is already in data" },
        { Infer, Binary("", -1), 400, "It must be an integer of at least 0" },
        { "/v2/models/nope/infer", """{"inputs":[]}""", 404, "Request for unknown model: 'nope' is not found" },
        { "/v2/models/demo/versions/7/infer", """{"inputs":[]}""", 404, "version 7 is not found" },
        { "/v2/models/demo", "{}", 404, "a model has the endpoint /infer" },
        { "/v2/repository/models/demo", "{}", 404, "/load and /unload" },
        { "/v2/repository/models/nope/unload", "{}", 404, "Loaded models: demo" },
        { "/v2/repository/models/nope/load", """{"parameters":[]}""", 400, "parameters: It must be an object" },
        { "/v2/repository/index", """{"ready":1}""", 400, "ready: It must be true or false" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Errors))]
    public async Task Call_InvalidRequest_IsAJsonError(string path, string json, int status, string message)
    {
        var response = await PostAsync(json, path);

        Assert.True(response.Code == status, response.Body.ToString());
        Assert.Contains(message, response.Body.GetProperty("error").GetString());
    }

    public static TheoryData<string, string, string> Headers => new()
    {
        { "x", "{}", "Inference-Header-Content-Length: \"x\" is not a number of bytes" },
        { "-1", "{}", "is not a number of bytes from 0 to 2" },
        { "3", "{}", "is not a number of bytes from 0 to 2" },
        { "99999999999999999999", "{}", "is not a number of bytes from 0 to 2" },
        { "1", "{}", "The body is not JSON" },
        { "0", "", "images[0]: The image has no bytes" },
        { "0", "{}", "images[0]: " },
        { "13", "{\"inputs\":[]} ", "Bytes after the content of all inputs: 1" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Headers))]
    public async Task Infer_WrongLengthOfTheJson_IsAJsonError(string length, string body, string message)
    {
        var response = await PostAsync(body, Infer, (LengthHeader, length));

        Assert.Equal(400, response.Code);
        Assert.Contains(message, response.Body.GetProperty("error").GetString());
    }

    private static string Input(string name, string datatype, string shape, string data) =>
        $$"""{"inputs":[{"name":"{{name}}","datatype":"{{datatype}}","shape":{{shape}},"data":{{data}}}]}""";

    private static string Binary(string more, int size) => $$"""
        {"inputs":[
          {"name":"texts","datatype":"BYTES","shape":[1],{{more}}"parameters":{"binary_data_size":{{size}} } }]}
        """;

    private static IEnumerable<float[]> RowsOf(JsonResponse response, string name)
    {
        Assert.True(response.Code == 200, response.Body.ToString());
        var output = response.Body.GetProperty("outputs").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name);
        return JsonResponse.Floats(output.GetProperty("data")).Chunk(output.GetProperty("shape")[1].GetInt32());
    }

    private Task<JsonResponse> PostAsync(
        string json, string path = Infer, params (string Name, string Value)[] headers) =>
        PostBytesAsync(demo.Server, Encoding.UTF8.GetBytes(json), path, headers);

    private static async Task<JsonResponse> PostBytesAsync(
        RunningServer server, byte[] body, string path, params (string Name, string Value)[] headers)
    {
        // Without a content type, as Triton's client sends it.
        using var content = new ByteArrayContent(body);
        foreach (var (name, value) in headers)
            content.Headers.TryAddWithoutValidation(name, value);
        return await JsonResponse.SendAsync(server.Http, HttpMethod.Post, path, content);
    }

    private static Task<JsonResponse> PostCompressedAsync(RunningServer server, string encoding, byte[] body)
    {
        var compressed = new MemoryStream();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(compressed, CompressionLevel.Fastest)
            : new ZLibStream(compressed, CompressionLevel.Fastest))
        {
            stream.Write(body);
        }

        return PostBytesAsync(server, compressed.ToArray(), Infer, ("Content-Encoding", encoding));
    }

    private async Task<(JsonElement Head, byte[] Tail)> PostBinaryAsync(string json, byte[] rest)
    {
        var head = Encoding.UTF8.GetBytes(json);
        using var content = new ByteArrayContent([.. head, .. rest]);
        content.Headers.Add(LengthHeader, $"{head.Length}");
        using var response = await demo.Server.Http.PostAsync(
            Infer, content, TestContext.Current.CancellationToken);
        return await ReadBinaryAsync(response);
    }

    private static async Task<(JsonElement Head, byte[] Tail)> ReadBinaryAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, Encoding.UTF8.GetString(body));
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
        var length = int.Parse(response.Headers.Concat(response.Content.Headers)
            .Single(header => header.Key.Equals(LengthHeader, StringComparison.OrdinalIgnoreCase)).Value.Single());
        return (JsonDocument.Parse(body.AsMemory(0, length)).RootElement, body[length..]);
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        var response = await JsonResponse.GetAsync(demo.Server.Http, path);
        Assert.True(response.Code == 200, response.Body.ToString());
        return response.Body;
    }

    private async Task<float[][]> EmbedAsync(params Input[] inputs)
    {
        var request = new EmbedRequest();
        request.Inputs.AddRange(inputs);
        return [.. (await demo.Clip.EmbedAsync(request, Limited())).Results.Select(Values)];
    }
}
