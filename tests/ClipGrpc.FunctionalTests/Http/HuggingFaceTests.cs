using System.Globalization;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Server.Http;
using ClipGrpc.Serving.Batching;
using ClipGrpc.V1;
using Microsoft.AspNetCore.Http;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>The Hugging Face inference API and Text Embeddings Inference.</summary>
public sealed class HuggingFaceTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    private static readonly string Cat = Convert.ToBase64String(File.ReadAllBytes(DataPath("images", "cat.jpg")));

    public static TheoryData<string, string> ZeroShotForms => new()
    {
        { "/", $$$"""{"inputs":"{{{Cat}}}","parameters":{"candidate_labels":["dog","cat","bus"]}}""" },
        { "/", $$$"""{"inputs":{"image":"{{{Cat}}}"},"parameters":{"candidateLabels":["dog","cat","bus"]}}""" },
        { "/models/demo", $$$"""{"inputs":"{{{Cat}}}","parameters":{"candidate_labels":"dog, cat,bus"}}""" },
        {
            "/models/demo",
            $$$"""{"inputs":"data:image/jpeg;base64,{{{Cat}}}","parameters":{"candidate_labels":["dog","cat","bus"]}}"""
        },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(ZeroShotForms))]
    public async Task ZeroShot_EveryForm_EqualsClassifyWithThePipelinesTemplate(string path, string json)
    {
        var expected = await ClassifyAsync("This is a photo of {}.");

        var response = await PostAsync(path, json);

        AssertScores(expected, response);
    }

    [Fact(Timeout = 60_000)]
    public async Task ZeroShot_OwnTemplate_EqualsClassifyWithIt()
    {
        var expected = await ClassifyAsync("a drawing of a {}");

        var response = await PostAsync(
            "/",
            $$$"""
            {"inputs":"{{{Cat}}}","parameters":
              {"candidate_labels":["dog","cat","bus"],"hypothesis_template":"a drawing of a {}"}}
            """);

        AssertScores(expected, response);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/embed", """{"inputs":"a cat"}""", 1)]
    [InlineData("/embed", """{"inputs":["a cat","a dog"],"truncate":true,"truncation_direction":"Right"}""", 2)]
    [InlineData("/", """{"inputs":["a cat","a dog"],"normalize":true,"dimensions":null,"prompt_name":null}""", 2)]
    [InlineData("/models/demo", """{"inputs":"a cat","encoding_format":"float","parameters":{}}""", 1)]
    public async Task Embed_Texts_EqualsGrpcToTheBit(string path, string json, int count)
    {
        var expected = await EmbedAsync(new EmbedOptions(), "a cat", "a dog");

        var response = await PostAsync(path, json);

        Assert.Equal(200, response.Code);
        Assert.Equal(expected[..count], response.Body.EnumerateArray().Select(JsonResponse.Floats));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_NotNormalized_EqualsGrpcToTheBit()
    {
        var expected = await EmbedAsync(new EmbedOptions { Normalize = false }, "a cat", "a dog");

        var response = await PostAsync("/", """{"inputs":["a cat","a dog"],"normalize":false,"truncate":true}""");

        Assert.Equal(expected, response.Body.EnumerateArray().Select(JsonResponse.Floats));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/")]
    [InlineData("/similarity")]
    [InlineData("/models/demo")]
    public async Task Similarity_Sentences_AreTheCosines(string path)
    {
        var vectors = await EmbedAsync(new EmbedOptions(), "a kitten", "a cat", "a red bus");

        var response = await PostAsync(
            path, """{"inputs":{"source_sentence":"a kitten","sentences":["a cat","a red bus"]},"parameters":{}}""");

        var cosines = JsonResponse.Floats(response.Body);
        Assert.Equal(2, cosines.Length);
        Assert.Equal(Cosine(vectors[0], vectors[1]), cosines[0], 1e-5);
        Assert.Equal(Cosine(vectors[0], vectors[2]), cosines[1], 1e-5);
        Assert.True(cosines[0] > cosines[1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rerank_TextsForAnImage_EqualsRank()
    {
        var request = new RankRequest { Query = ImageInput("cat.jpg") };
        request.Candidates.AddRange(new[] { "a red bus", "a cat", "a dog" }.Select(Sentence));
        var expected = (await demo.Clip.RankAsync(request, Limited())).Ranked;
        var query = $"data:image/jpeg;base64,{Cat}";

        var scores = await PostAsync(
            "/rerank", $$"""{"query":"{{query}}","texts":["a red bus","a cat","a dog"],"return_text":true}""");
        var raw = await PostAsync(
            "/rerank", $$"""{"query":"{{query}}","texts":["a red bus","a cat","a dog"],"raw_scores":true,"top_n":2}""");

        Assert.Equal(
            expected.Select(item => ((int)item.Index, item.Probability)),
            scores.Body.EnumerateArray().Select(
                item => (item.GetProperty("index").GetInt32(), item.GetProperty("score").GetSingle())));
        var best = new[] { "a red bus", "a cat", "a dog" }[expected[0].Index];
        Assert.Equal(best, scores.Body[0].GetProperty("text").GetString());
        Assert.Equal(
            expected.Take(2).Select(item => ((int)item.Index, item.Cosine)),
            raw.Body.EnumerateArray().Select(
                item => (item.GetProperty("index").GetInt32(), item.GetProperty("score").GetSingle())));
        Assert.False(raw.Body[0].TryGetProperty("text", out _));
    }

    [Fact(Timeout = 60_000)]
    public async Task InfoAndHealth_OfAServingModel_DescribeIt()
    {
        var info = await JsonResponse.GetAsync(demo.Server.Http, "/info");
        using var health = await demo.Server.Http.GetAsync("/health", TestContext.Current.CancellationToken);

        Assert.Equal("demo", info.Body.GetProperty("model_id").GetString());
        Assert.Equal(2048, info.Body.GetProperty("max_client_batch_size").GetInt32());
        Assert.True(info.Body.GetProperty("model_type").TryGetProperty("embedding", out _));
        Assert.True(health.IsSuccessStatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/embed", """{"inputs":["a cat","a dog on a mat"]}""")]
    [InlineData("/", """{"inputs":["a cat","a dog on a mat"]}""")]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"a cat","sentences":["a dog on a mat"]}}""")]
    [InlineData("/rerank", """{"query":"a cat","texts":["a dog on a mat"]}""")]
    public async Task Call_OfTei_HasTheHeadersOfItsTimes(string path, string json)
    {
        var request = new EmbedRequest { Inputs = { Sentence("a cat"), Sentence("a dog on a mat") } };
        var tokens = (await demo.Clip.EmbedAsync(request, Limited())).Results.Sum(result => result.TokenCount);

        var response = await PostAsync(path, json);

        Assert.Equal("cpu", Header("x-compute-type"));
        Assert.Equal($"{tokens}", Header("x-compute-tokens"));
        var total = Milliseconds("x-total-time");
        Assert.Equal(total, Milliseconds("x-compute-time"));
        foreach (var part in new[] { "x-tokenization-time", "x-queue-time", "x-inference-time" })
            Assert.InRange(Milliseconds(part), 0, total);

        string Header(string name) => response.Headers.GetValues(name).Single();
        long Milliseconds(string name) => long.Parse(Header(name), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void TeiTimes_OfSeveralInputs_AreTheLongestOfEach()
    {
        var headers = new HeaderDictionary();

        TeiTimes.Write(headers, [Timed(1.9, 20, 300), Timed(2.9, 10, 40)], TimeSpan.FromMilliseconds(4321.5));

        Assert.Equal("4321", headers["x-total-time"]);
        Assert.Equal("4321", headers["x-compute-time"]);
        Assert.Equal("2", headers["x-tokenization-time"]);
        Assert.Equal("20", headers["x-queue-time"]);
        Assert.Equal("300", headers["x-inference-time"]);

        static EmbeddingResult Timed(double preprocess, double queued, double inference) => default(EmbeddingResult)
            with
        {
            Preprocess = TimeSpan.FromMilliseconds(preprocess),
            Queued = TimeSpan.FromMilliseconds(queued),
            Inference = TimeSpan.FromMilliseconds(inference),
        };
    }

    [Fact(Timeout = 60_000)]
    public async Task AutoTruncate_Off_RefusesLongTextsUnlessTheRequestHasThemCut()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["Clip:Http:AutoTruncate"] = "false" });
        var text = string.Join(' ', Enumerable.Repeat("cat", 200));
        foreach (var (path, json) in new[]
        {
            ("/embed", $$"""{"inputs":"{{text}}","truncate":null}"""),
            ("/rerank", $$"""{"query":"a","texts":["{{text}}"],"truncate":null}"""),
            ("/similarity", $$$"""{"inputs":{"source_sentence":"a","sentences":["{{{text}}}"]},"truncate":null}"""),
        })
        {
            var refused = await JsonResponse.PostAsync(server.Http, path, json);
            var cut = await JsonResponse.PostAsync(server.Http, path, json.Replace("null", "true"));
            var byDefault = await PostAsync(path, json);

            Assert.Equal((422, 200, 200), (refused.Code, cut.Code, byDefault.Code));
            Assert.Contains("tokens", refused.Body.GetProperty("error").GetString());
        }

        var info = await JsonResponse.GetAsync(server.Http, "/info");
        Assert.False(info.Body.GetProperty("auto_truncate").GetBoolean());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/embed", """{"inputs":[]}""")]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"a","sentences":[]}}""")]
    [InlineData("/rerank", """{"query":"a","texts":[]}""")]
    public async Task Call_NoInputs_Is400OfTypeEmpty(string path, string json)
    {
        var response = await PostAsync(path, json);

        Assert.Equal(400, response.Code);
        Assert.Contains("at least one", response.Body.GetProperty("error").GetString());
        Assert.Equal("Empty", response.Body.GetProperty("error_type").GetString());
    }

    public static TheoryData<string, string, int, string> Errors => new()
    {
        { "/", "", 400, "The body is empty" },
        { "/", "{", 400, "not JSON" },
        { "/", """{"inputs":""" + new string('[', 10_000), 400, "depth" },
        { "/", "{}", 400, "inputs: The field is missing" },
        { "/", """{"inputs":{"image":"AAAA"}}""", 400, "candidate_labels" },
        { "/", """{"inputs":7}""", 400, "Token ids" },
        { "/", """{"inputs":"a","parameters":[]}""", 400, "parameters: It must be an object" },
        { "/", """{"inputs":"a","parameters":{"candidate_labels":7}}""", 400, "candidate_labels: It must be an array" },
        { "/", """{"inputs":"AAAA","parameters":{"candidate_labels":[]}}""", 400, "at least one label is required" },
        {
            "/", """{"inputs":"AAAA","parameters":{"candidate_labels":["a","a"]}}""",
            400, "duplicate of candidate_labels[0]"
        },
        { "/", """{"inputs":"AAAA","parameters":{"candidate_labels":["a"]}}""", 400, "inputs: " },
        {
            "/", """{"inputs":"a text","parameters":{"candidate_labels":["a"],"multi_label":false}}""",
            400, "Classification of texts is not supported"
        },
        {
            "/", """{"inputs":"http://example.org/a.png","parameters":{"candidate_labels":["a"]}}""",
            400, "URLs are not fetched"
        },
        {
            "/", """{"inputs":"AAAA","parameters":{"candidate_labels":["a"],"hypothesis_template":"a photo"}}""",
            400, "hypothesis_template[0]: The template has no {}"
        },
        { "/", $$"""{"inputs":"data:text/html;base64,{{new string('A', 3 << 20)}}"}""", 400, "text/html" },
        { "/models/nope", """{"inputs":"a"}""", 404, "Loaded models: demo" },
        { "/embed", """{"inputs":"a","truncation_direction":"left"}""", 422, "truncation_direction" },
        { "/embed", """{"inputs":"a","prompt_name":"query"}""", 422, "prompt_name" },
        { "/embed", """{"inputs":"a","dimensions":7}""", 422, "128 dimensions" },
        { "/embed", """{"inputs":"a","normalize":"yes"}""", 422, "normalize: It must be true or false" },
        {
            "/embed", $$"""{"inputs":"{{string.Join(' ', Enumerable.Repeat("cat", 200))}}","truncate":false}""",
            422, "tokens"
        },
        { "/similarity", """{"inputs":"a"}""", 422, "inputs: It must be an object" },
        { "/similarity", """{"inputs":{"sentences":["a"]}}""", 422, "inputs.source_sentence: The field is missing" },
        { "/rerank", """{"texts":["a"]}""", 422, "query: The field is missing" },
        { "/rerank", """{"query":"a","texts":"b"}""", 422, "texts: It must be an array" },
        { "/rerank", """{"query":"a"}""", 422, "texts: The field is missing" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Errors))]
    public async Task Call_InvalidRequest_IsTheErrorOfTheFormat(string path, string json, int status, string message)
    {
        var response = await PostAsync(path, json);

        Assert.Equal(status, response.Code);
        Assert.Contains(message, response.Body.GetProperty("error").GetString());
        Assert.Equal("Validation", response.Body.GetProperty("error_type").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Infer_ImageWithoutJson_Is400()
    {
        var response = await JsonResponse.SendAsync(
            demo.Server.Http, HttpMethod.Post, "/models/demo", new ByteArrayContent(Convert.FromBase64String(Cat)));

        Assert.Equal(400, response.Code);
        Assert.Contains("not JSON", response.Body.GetProperty("error").GetString());
    }

    private static void AssertScores(IReadOnlyList<Prediction> expected, JsonResponse response)
    {
        Assert.True(response.Code == 200, response.Body.ToString());
        Assert.Equal(
            expected.Select(item => (item.Label, item.Probability)),
            response.Body.EnumerateArray().Select(item => (
                item.GetProperty("label").GetString()!, item.GetProperty("score").GetSingle())));
        Assert.Equal(3, expected.Count);
    }

    private Task<JsonResponse> PostAsync(string path, string json) =>
        JsonResponse.PostAsync(demo.Server.Http, path, json);

    private async Task<IReadOnlyList<Prediction>> ClassifyAsync(string template)
    {
        var labels = Labels("dog", "cat", "bus");
        labels.Templates.Add(template);
        var request = new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = labels };
        return (await demo.Clip.ClassifyAsync(request, Limited())).Results[0].Predictions;
    }

    private async Task<float[][]> EmbedAsync(EmbedOptions options, params string[] texts)
    {
        var request = new EmbedRequest { Options = options };
        request.Inputs.AddRange(texts.Select(Sentence));
        return [.. (await demo.Clip.EmbedAsync(request, Limited())).Results.Select(Values)];
    }
}
