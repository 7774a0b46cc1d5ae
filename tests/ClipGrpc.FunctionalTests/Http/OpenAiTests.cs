using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Text;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Server.Http;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenAI;
using OpenAI.Embeddings;
using static ClipGrpc.TestSupport.Make;
using EmbeddingGenerationOptions = OpenAI.Embeddings.EmbeddingGenerationOptions;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>The OpenAI API: its wire format, all forms of images, and its clients for .NET.</summary>
public sealed class OpenAiTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    private const string Path = "/v1/embeddings";

    private static readonly byte[] Cat = File.ReadAllBytes(DataPath("images", "cat.jpg"));

    private static string CatUri => JsonResponse.DataUri("image/jpeg", Cat);

    private static string CatBase64 => Convert.ToBase64String(Cat);

    private HttpClient Client => demo.Server.Http;

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_OneText_HasExactlyTheFieldsOfTheFormat()
    {
        var response = await PostAsync("""{"model":"demo","input":"a red bicycle"}""");

        Assert.Equal(HttpStatusCode.OK, response.Status);
        Assert.Equal(["object", "data", "model", "usage"], Names(response.Body));
        Assert.Equal("list", response.Body.GetProperty("object").GetString());
        Assert.Equal("demo", response.Body.GetProperty("model").GetString());
        var item = Assert.Single(response.Body.GetProperty("data").EnumerateArray());
        Assert.Equal(["object", "index", "embedding"], Names(item));
        Assert.Equal("embedding", item.GetProperty("object").GetString());
        Assert.Equal(0, item.GetProperty("index").GetInt32());
        var usage = response.Body.GetProperty("usage");
        Assert.Equal(["prompt_tokens", "total_tokens"], Names(usage));
        var tokens = (int)(await EmbedAsync(Sentence("a red bicycle"))).Results[0].TokenCount;
        Assert.Equal(tokens, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(tokens, usage.GetProperty("total_tokens").GetInt32());
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_TextsAndImagesInBothEncodings_EqualGrpcToTheBit()
    {
        var expected = (await EmbedAsync(Sentence("a cat"), ImageInput("cat.jpg"), Sentence("")))
            .Results.Select(Values).ToArray();
        var inputs = $$"""["a cat","{{CatUri}}",""]""";

        var floats = await PostAsync($$"""{"input":{{inputs}},"encoding_format":"float"}""");
        var base64 = await PostAsync($$"""{"input":{{inputs}},"encoding_format":"base64"}""");

        Assert.Equal(expected, Embeddings(floats).Select(JsonResponse.Floats));
        Assert.Equal(expected, Embeddings(base64).Select(JsonResponse.Base64Floats));
    }

    [Fact]
    public void Base64_TheFormatsOwnVector_IsItsText()
    {
        var vector = new EmbeddingVector(new[] { 0.125f, 0.25f, 0.375f, 0.5f }, IsBase64: true);

        Assert.Equal("\"AAAAPgAAgD4AAMA+AAAAPw==\"", JsonSerializer.Serialize(vector));
        Assert.Equal("[0.125,0.25,0.375,0.5]", JsonSerializer.Serialize(vector with { IsBase64 = false }));
    }

    public static TheoryData<string> FormsOfAnImage =>
    [
        $$"""{"input":"{{CatUri}}"}""",
        $$"""{"input":["{{CatUri}}"]}""",
        $$"""{"input":"{{CatUri.Replace("data:image/jpeg", "DATA:Image/Jpeg;name=cat.jpg")}}"}""",
        $$"""{"input":"{{CatUri.Replace("/", "\\/")}}"}""",
        $$"""{"input":"{{CatUri.TrimEnd('=')}}"}""",
        $$"""{"input":"{{CatUri.Insert(1000, "\\r\\n ")}}"}""",
        $$"""{"input":["{{CatBase64}}"],"modality":"image"}""",
        $$"""{"input":["{{CatUri}}"],"modality":"image"}""",
        $$$"""{"input":[{"image":"{{{CatBase64}}}"}]}""",
        $$$"""{"input":{"image":"{{{CatUri}}}"}}""",
        $$"""{"input":[{"image":"{{CatUri}}","text":null}],"dimensions":null,"encoding_format":null}""",
        $$$"""{"input":[{"type":"image_url","image_url":{"url":"{{{CatUri}}}"}}]}""",
        $$"""{"input":[{"url":"{{CatUri}}"}],"embedding_type":"float"}""",
        $$$"""{"input":[{"bytes":"{{{CatBase64}}}"}]}""",
        $$$"""{"input":[{"content":[{"type":"image_base64","image_base64":"{{{CatUri}}}"}]}]}""",
        $$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{CatUri}}}"}}]}]}""",
        $$"""{"unknown":[[[{"a":1}]]],"input":["{{CatUri}}"],"user":"u","dimensions":128,"normalized":true}""",
    ];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(FormsOfAnImage))]
    public async Task Embeddings_EveryFormOfAnImage_EqualsGrpcToTheBit(string json)
    {
        var expected = Values((await EmbedAsync(ImageInput("cat.jpg"))).Results[0]);

        var response = await PostAsync(json);

        Assert.Equal(expected, JsonResponse.Floats(Assert.Single(Embeddings(response))));
        Assert.Equal(0, response.Body.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"input":"data: the new oil, they say"}""", "data: the new oil, they say")]
    [InlineData("""{"input":"https://example.org/cat.jpg"}""", "https://example.org/cat.jpg")]
    [InlineData("""{"input":["data:image/png;base64,AAAA"],"modality":"text"}""", "data:image/png;base64,AAAA")]
    [InlineData("""{"input":[{"text":"a cat"}]}""", "a cat")]
    [InlineData("""{"input":"a \ud83d\udeb2 \u00e4"}""", "a 🚲 ä")]
    [InlineData("""{"messages":[{"role":"user","content":"a cat"}]}""", "a cat")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"a cat"}]}]}""", "a cat")]
    public async Task Embeddings_EveryFormOfAText_EqualsGrpcToTheBit(string json, string text)
    {
        var expected = Values((await EmbedAsync(Sentence(text))).Results[0]);

        var response = await PostAsync(json);

        Assert.Equal(expected, JsonResponse.Floats(Assert.Single(Embeddings(response))));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_2048Texts_AreSplitInsideAndKeepTheirOrder()
    {
        var texts = Enumerable.Range(0, 2048).Select(i => $"text {i % 7} of {i % 3}").ToArray();
        var expected = (await EmbedAsync(texts[..21].Select(Sentence).ToArray())).Results.Select(Values).ToArray();

        var response = await PostAsync(JsonSerializer.Serialize(new { input = texts, encoding_format = "base64" }));

        Assert.Equal(HttpStatusCode.OK, response.Status);
        var embeddings = Embeddings(response).Select(JsonResponse.Base64Floats).ToArray();
        Assert.Equal(2048, embeddings.Length);
        for (var i = 0; i < embeddings.Length; i++)
            Assert.True(Cosine(expected[i % 21], embeddings[i]) > 0.99999, $"embedding {i}");
    }

    public static TheoryData<string, int, string?, string, string> Errors => new()
    {
        { "", 400, null, "invalid_json", "The body is empty" },
        { "{", 400, null, "invalid_json", "not JSON" },
        { "[]", 400, null, "invalid_json", "not a JSON object" },
        { "nul", 400, null, "invalid_json", "not JSON" },
        { """{"input":"a"} x""", 400, null, "invalid_json", "not JSON" },
        { """{"input":"\ud800"}""", 400, null, "invalid_json", "not valid UTF-16" },
        { """{"\udc00":1,"input":"a"}""", 400, null, "invalid_json", "not valid UTF-16" },
        { """{"input":""" + new string('[', 10_000), 400, null, "invalid_json", "depth" },
        {
            $$"""{"x":{{new string('[', 10_000)}}{{new string(']', 10_000)}},"input":"a"}""",
            400, null, "invalid_json", "depth"
        },
        {
            $$"""{"input":[{{string.Join(',', Enumerable.Repeat("1", 600_000))}}]}""",
            400, null, "invalid_json", "500,000"
        },
        { "{}", 400, "input", "missing_field", "input: The field is missing" },
        { """{"input":null}""", 400, "input", "missing_field", "missing" },
        { """{"input":[]}""", 400, "input", "empty", "at least one" },
        { """{"input":true}""", 400, "input", "wrong_type", "but is true" },
        { """{"input":["a",null]}""", 400, "input[1]", "wrong_type", "but is null" },
        { """{"input":"a","model":7}""", 400, "model", "wrong_type", "but is a number" },
        { """{"input":"a","model":{}}""", 400, "model", "wrong_type", "but is an object" },
        { """{"input":"a","model":"nope"}""", 404, null, "model_not_found", "Loaded models: demo" },
        { """{"input":"a","encoding_format":"int8"}""", 400, "encoding_format", "invalid_value", "float or base64" },
        { """{"input":"a","embedding_type":"binary"}""", 400, "embedding_type", "invalid_value", "float or base64" },
        { """{"input":"a","encoding_type":"ubinary"}""", 400, "encoding_type", "invalid_value", "float or base64" },
        { """{"input":"a","dimensions":64}""", 400, "dimensions", "unsupported", "128 dimensions" },
        { """{"input":"a","dimensions":"64"}""", 400, "dimensions", "wrong_type", "an integer" },
        { """{"input":"a","dimensions":1e99}""", 400, "dimensions", "wrong_type", "an integer" },
        { """{"input":"a","modality":"audio"}""", 400, "modality", "invalid_value", "text or image" },
        { """{"input":[1,2,3]}""", 400, "input", "token_ids", "check_embedding_ctx_length=False" },
        { """{"input":[[1,2,3]]}""", 400, "input[0]", "token_ids", "check_embedding_ctx_length=False" },
        { """{"input":7}""", 400, "input", "token_ids", "check_embedding_ctx_length=False" },
        { """{"input":[{}]}""", 400, "input[0]", "missing_field", "neither" },
        { """{"input":[{"text":"a","image":"b"}]}""", 400, "input[0]", "unsupported", "has both a text and an image" },
        {
            """{"input":[{"image":"https://example.org/a.jpg"}]}""",
            400, "input[0].image", "url_not_fetched", "not fetched"
        },
        {
            """{"input":["https://example.org/a.jpg"],"modality":"image"}""",
            400, "input[0]", "url_not_fetched", "not fetched"
        },
        { """{"input":[{"image":"file:///etc/passwd"}]}""", 400, "input[0].image", "url_not_fetched", "not fetched" },
        { """{"input":[{"image":"!"}]}""", 400, "input[0].image", "invalid_image", "base64" },
        { """{"input":[{"image":""}]}""", 400, "input[0].image", "invalid_image", "no bytes" },
        { """{"input":[{"image":"AAAA"}]}""", 400, "input[0].image", "invalid_image", "input[0].image: " },
        { """{"input":"data:image/png;base64,AAAA"}""", 400, "input", "invalid_image", "input: " },
        { """{"input":"data:image/png,AAAA"}""", 400, "input", "invalid_image", "base64" },
        { """{"input":"data:image/png"}""", 400, "input", "invalid_image", "comma" },
        { """{"input":"data:application/pdf;base64,AAAA"}""", 400, "input", "invalid_image", "application/pdf" },
        {
            $$"""{"input":"data:audio/wav;base64,{{new string('A', 3 << 20)}}"}""",
            400, "input", "invalid_image", "audio/wav"
        },
        {
            $$"""{"input":"data:image/png;base64,{{new string('A', 3 << 20)}}"}""",
            400, "input", "invalid_image", "input: "
        },
        { $$"""{"input":"{{new string('a', 20_000)}}"}""", 400, "input", "invalid_text", "20,000 characters" },
        {
            $$"""{"input":"{{string.Join(' ', Enumerable.Repeat("cat", 200))}}","truncate":"NONE"}""",
            400, "input", "invalid_text", "tokens"
        },
        { """{"input":"a","truncate":"MIDDLE"}""", 400, "truncate", "invalid_value", "use END or NONE" },
        { """{"messages":"a"}""", 400, "messages", "wrong_type", "an array" },
        { """{"messages":[{"role":"system","content":"a"}]}""", 400, "messages[0].role", "unsupported", "system" },
        { """{"messages":[{"role":"user"}]}""", 400, "messages[0].content", "missing_field", "missing" },
        {
            """{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}""",
            400, "messages[0].content", "unsupported", "2 parts"
        },
        {
            $$"""{"input":[{{string.Join(',', Enumerable.Repeat("\"a\"", 2049))}}]}""",
            400, "input", "too_many_inputs", "2,048"
        },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Errors))]
    public async Task Embeddings_InvalidRequest_IsTheErrorOfTheFormat(
        string json, int status, string? param, string? code, string message)
    {
        var response = await PostAsync(json);

        Assert.Equal(status, response.Code);
        var error = response.Body.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], Names(error));
        Assert.Contains(message, error.GetProperty("message").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(error.GetProperty("message").GetString(), response.Body.GetProperty("detail").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_NotUtf8OrCompressed_IsRefused()
    {
        var invalid = await JsonResponse.SendAsync(
            Client, HttpMethod.Post, Path, new ByteArrayContent([.. """{"input":"a"""u8, 0xff, .. "\"}"u8]));
        var compressed = new ByteArrayContent([0x1f, 0x8b]) { Headers = { ContentEncoding = { "gzip" } } };
        var unsupported = await JsonResponse.SendAsync(Client, HttpMethod.Post, Path, compressed);

        Assert.Equal(400, invalid.Code);
        Assert.Equal(415, unsupported.Code);
        Assert.Contains("gzip", unsupported.Body.GetProperty("detail").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_NoContentTypeAndAByteOrderMark_IsTaken()
    {
        var content = new ByteArrayContent([.. "\uFEFF"u8, .. """{"input":"a"}"""u8]);

        Assert.Equal(200, (await JsonResponse.SendAsync(Client, HttpMethod.Post, Path, content)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_BodyOverTheLimit_Is413()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Server:MaxMessageBytes"] = "65536" });
        foreach (var length in new[] { 65_537, 65_536 + 65_536 })
        {
            var content = new StringContent("{\"input\":\"a\"}".PadRight(length), Encoding.UTF8, "application/json");
            var response = await JsonResponse.SendAsync(server.Http, HttpMethod.Post, Path, content);

            Assert.Equal(413, response.Code);
            Assert.Equal("request_too_large", response.Body.GetProperty("error").GetProperty("code").GetString());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_FullQueue_Is429WithBothTimesToRetry()
    {
        await using var server = await GatedServer.StartAsync(new Dictionary<string, string?>
        {
            ["Clip:Batching:QueueCapacity"] = "1",
            ["Clip:Batching:MaxBatchSize"] = "1",
        });
        var held = await server.HoldDeviceAsync();
        var queued = JsonResponse.PostAsync(server.Server.Http, Path, """{"input":"fills the queue"}""");
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);

        var refused = await JsonResponse.PostAsync(server.Server.Http, Path, """{"input":"finds no place"}""");

        Assert.Equal(429, refused.Code);
        var error = refused.Body.GetProperty("error");
        Assert.Equal("rate_limit_error", error.GetProperty("type").GetString());
        Assert.Equal("overloaded", error.GetProperty("code").GetString());
        var milliseconds = int.Parse(refused.Headers.GetValues("retry-after-ms").Single());
        Assert.True(milliseconds > 0);
        Assert.Equal(Math.Ceiling(milliseconds / 1000.0), refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        server.Encoders.Open();
        await held;
        Assert.Equal(200, (await queued).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_TimeoutOfTheHeaderPasses_Is504()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();

        // Waits for the text that runs: one that had to queue would be refused where the device is measured as slow.
        var late = await JsonResponse.PostAsync(
            server.Server.Http, Path, $$"""{"input":"{{GatedServer.HeldText}}"}""", ("x-request-timeout", "0.3"));

        Assert.Equal(504, late.Code);
        Assert.Equal("timeout_error", late.Body.GetProperty("error").GetProperty("type").GetString());
        server.Encoders.Open();
        await held;
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_WhileTheModelLoads_Is503AndSaysSo()
    {
        await using var server = await RunningServer.StartWithoutModelsAsync(
            customise: builder => builder.Services.Replace(
                ServiceDescriptor.Singleton<IModelLoader, EndlessLoader>()));

        var response = await JsonResponse.PostAsync(server.Http, Path, """{"input":"a"}""");

        Assert.Equal(503, response.Code);
        var error = response.Body.GetProperty("error");
        Assert.Equal("unavailable_error", error.GetProperty("type").GetString());
        Assert.Equal("loading", error.GetProperty("code").GetString());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1e400")]
    [InlineData("NaN")]
    public async Task Embeddings_TimeoutNotValid_Is400(string timeout)
    {
        var response = await JsonResponse.PostAsync(
            Client, Path, """{"input":"a"}""", ("x-request-timeout", timeout));

        Assert.Equal(400, response.Code);
        Assert.Equal("x-request-timeout", response.Body.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_CallerLeaves_TakesBackItsWork()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        using var leave = new CancellationTokenSource();
        var call = server.Server.Http.PostAsync(Path, new StringContent("""{"input":"waits"}"""), leave.Token);
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await server.Probe.WhenAsync(probe => probe.Waiting == 0);
        server.Encoders.Open();
        await held;
        Assert.Equal(1, server.ItemsRun);
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_ListAndOne_HaveTheFieldsOfTheFormat()
    {
        var list = await JsonResponse.GetAsync(Client, "/v1/models");
        var one = await JsonResponse.GetAsync(Client, "/v1/models/demo");
        var none = await JsonResponse.GetAsync(Client, "/v1/models/nope");

        Assert.Equal("list", list.Body.GetProperty("object").GetString());
        var model = Assert.Single(list.Body.GetProperty("data").EnumerateArray());
        Assert.Equal(model.GetRawText(), one.Body.GetRawText());
        Assert.Equal("demo", model.GetProperty("id").GetString());
        Assert.Equal("model", model.GetProperty("object").GetString());
        Assert.True(model.GetProperty("created").TryGetInt64(out _));
        Assert.Equal("clipgrpc", model.GetProperty("owned_by").GetString());
        Assert.Equal(128, model.GetProperty("dimensions").GetInt32());
        Assert.Equal(404, none.Code);
        Assert.Equal("model_not_found", none.Body.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_NameWithASlash_IsFoundInBothSpellingsByNameSourceAndAlias()
    {
        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>
        {
            ["Clip:Models"] = "org/name=demo",
            ["Clip:Http:Aliases"] = "nvidia/nvclip=org/name",
        });
        foreach (var id in new[] { "org/name", "org%2Fname", "org%2fname", "demo", "nvidia/nvclip", "nvidia%2Fnvclip" })
        {
            var model = await JsonResponse.GetAsync(server.Http, $"/v1/models/{id}?x=/y");
            Assert.Equal("org/name", model.Body.GetProperty("id").GetString());
            var embedded = await JsonResponse.PostAsync(
                server.Http, Path, JsonSerializer.Serialize(new { input = "a", model = Uri.UnescapeDataString(id) }));
            Assert.Equal("org/name", embedded.Body.GetProperty("model").GetString());
        }

        Assert.Equal(404, (await JsonResponse.GetAsync(server.Http, "/v1/models/org%252Fname")).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Clients_OfDotNet_GetTheEmbeddingsOfGrpc()
    {
        var expected = (await EmbedAsync(Sentence("a cat"), Sentence("a dog"))).Results.Select(Values).ToArray();
        var client = CreateClient(demo.Server);

        OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync(
            ["a cat", "a dog"], new EmbeddingGenerationOptions { Dimensions = 128, EndUserId = "u" },
            TestContext.Current.CancellationToken);
        var generator = client.AsIEmbeddingGenerator();
        var generated = await generator.GenerateAsync(
            ["a cat", "a dog"], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(expected, embeddings.Select(embedding => embedding.ToFloats().ToArray()));
        Assert.True(embeddings.Usage.InputTokenCount > 0);
        Assert.Equal(expected, generated.Select(embedding => embedding.Vector.ToArray()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Clients_OfDotNet_ReportTheErrorAndListTheModels()
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(() => CreateClient(demo.Server)
            .GenerateEmbeddingsAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 7 }));
        var models = await new OpenAI.Models.OpenAIModelClient(new ApiKeyCredential("any"), Endpoint(demo.Server))
            .GetModelsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(400, error.Status);
        Assert.Contains("dimensions: The embeddings of \"demo\" have 128 dimensions", error.Message);
        Assert.Equal("demo", Assert.Single(models.Value).Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task SwitchedOff_OpenAi_IsNotThere()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Http:OpenAi"] = "false" });

        using var response = await server.Http.PostAsync(
            Path, new StringContent("{}"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static EmbeddingClient CreateClient(RunningServer server) =>
        new("demo", new ApiKeyCredential("any"), Endpoint(server));

    private static OpenAIClientOptions Endpoint(RunningServer server) => new()
    {
        Endpoint = new Uri(server.Http.BaseAddress!, "v1"),
        RetryPolicy = new ClientRetryPolicy(0),
    };

    private static IEnumerable<string> Names(JsonElement element) =>
        element.EnumerateObject().Select(property => property.Name);

    private static IEnumerable<JsonElement> Embeddings(JsonResponse response)
    {
        Assert.True(response.Code == 200, response.Body.ToString());
        return response.Body.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("embedding"));
    }

    private Task<JsonResponse> PostAsync(string json) => JsonResponse.PostAsync(Client, Path, json);

    private async Task<EmbedResponse> EmbedAsync(params Input[] inputs)
    {
        var request = new EmbedRequest();
        request.Inputs.AddRange(inputs);
        return await demo.Clip.EmbedAsync(request, Limited());
    }
}
