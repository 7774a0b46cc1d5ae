using ClipGrpc.V1;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>Classification and ranking as of the Jina API.</summary>
public sealed class JinaTests(UnbatchedServer demo) : IClassFixture<UnbatchedServer>
{
    private static readonly string Cat = Convert.ToBase64String(File.ReadAllBytes(DataPath("images", "cat.jpg")));

    [Fact(Timeout = 60_000)]
    public async Task Classify_ImageAndText_HasTheFieldsOfTheFormatAndEqualsClassify()
    {
        var labels = Labels("dog", "cat", "bus");
        labels.Templates.Add("a photo of a {}");
        var expected = (await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = labels, TopK = 2 }, Limited()))
            .Results[0].Predictions;

        var response = await PostAsync(
            "/v1/classify",
            $$$"""
            {"model":"demo","input":[{"image":"{{{Cat}}}"},{"text":"a red bus"}],"labels":["dog","cat","bus"],
             "templates":["a photo of a {}"],"top_k":2}
            """);

        Assert.True(response.Code == 200, response.Body.ToString());
        Assert.Equal("demo", response.Body.GetProperty("model").GetString());
        Assert.True(response.Body.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 2);
        var (image, text) = (response.Body.GetProperty("data")[0], response.Body.GetProperty("data")[1]);
        Assert.Equal("classification", image.GetProperty("object").GetString());
        Assert.Equal(0, image.GetProperty("index").GetInt32());
        Assert.Equal(expected[0].Label, image.GetProperty("prediction").GetString());
        Assert.Equal(expected[0].Probability, image.GetProperty("score").GetSingle(), 1e-6);
        Assert.Equal(
            expected.Select(item => item.Label),
            image.GetProperty("predictions").EnumerateArray().Select(item => item.GetProperty("label").GetString()!));
        Assert.Equal(1, text.GetProperty("index").GetInt32());
        Assert.Equal("bus", text.GetProperty("prediction").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_LabelSetId_TakesThePlaceOfTheLabels()
    {
        var labels = Labels("dog", "cat", "bus");
        labels.Templates.Add("a photo of a {}");
        var created = await demo.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = labels }, Limited());

        var named = await PostAsync(
            "/v1/classify",
            """{"input":["a kitten"],"labels":["dog","cat","bus"],"templates":["a photo of a {}"],"top_k":2}""");
        var byId = await PostAsync(
            "/v1/classify", $$"""{"input":["a kitten"],"label_set_id":"{{created.Id}}","labels":null,"top_k":2}""");

        Assert.Equal(created.Id, named.Body.GetProperty("label_set_id").GetString());
        Assert.Equal(200, byId.Code);
        Assert.Equal(named.Body.GetRawText(), byId.Body.GetRawText());
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_UnknownLabelSet_Is404AndSaysSo()
    {
        var response = await PostAsync("/v1/classify", """{"input":["a"],"label_set_id":"nope"}""");

        Assert.Equal(404, response.Code);
        Assert.Contains("Label set \"nope\" not found", response.Body.GetProperty("detail").GetString());
        Assert.Equal("label_set_not_found", response.Body.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/v1/rerank")]
    [InlineData("/rerank")]
    public async Task Rerank_ImagesAndTexts_EqualsRankAndHasNoDocuments(string path)
    {
        var request = new RankRequest { Query = Sentence("a cat") };
        request.Candidates.AddRange([Sentence("a red bus"), ImageInput("cat.jpg"), Sentence("a kitten")]);
        var expected = (await demo.Clip.RankAsync(request, Limited())).Ranked;

        var response = await PostAsync(
            path,
            $$"""
            {"model":"demo","query":"a cat","documents":["a red bus",{"image":"{{Cat}}"},{"text":"a kitten"}],
             "return_documents":true}
            """);

        Assert.True(response.Code == 200, response.Body.ToString());
        Assert.Equal("demo", response.Body.GetProperty("model").GetString());
        var results = response.Body.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(
            expected.Select(item => ((int)item.Index, item.Cosine)),
            results.Select(item => (
                item.GetProperty("index").GetInt32(), item.GetProperty("relevance_score").GetSingle())));
        Assert.All(results, item => Assert.False(item.TryGetProperty("document", out _)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Rerank_TopN_IsTheBestOfThem()
    {
        var response = await PostAsync(
            "/v1/rerank", """{"query":{"text":"a cat"},"top_n":1,"documents":["a red bus","a kitten"]}""");

        var best = Assert.Single(response.Body.GetProperty("results").EnumerateArray());
        Assert.Equal(1, best.GetProperty("index").GetInt32());
    }

    public static TheoryData<string, string, int, string?, string> Errors => new()
    {
        { "/v1/classify", "", 422, null, "The body is empty" },
        { "/v1/classify", """{"input":""" + new string('{', 10_000), 422, null, "not JSON" },
        { "/v1/classify", """{"labels":["a"]}""", 422, "input", "input: The field is missing" },
        { "/v1/classify", """{"input":["a"]}""", 422, "labels", "labels: The field is missing" },
        { "/v1/classify", """{"input":["a"],"labels":"a"}""", 422, "labels", "an array of strings" },
        { "/v1/classify", """{"input":["a"],"label_set_id":7}""", 422, "label_set_id", "It must be a string" },
        {
            "/v1/classify", """{"input":["a"],"label_set_id":"x","labels":["a"]}""", 422, "labels",
            "one or the other"
        },
        {
            "/v1/classify", """{"input":["a"],"label_set_id":"x","templates":["{}"]}""", 422, "templates",
            "one or the other"
        },
        { "/v1/classify", """{"input":["a"],"labels":["a",1]}""", 422, "labels[1]", "but is a number" },
        {
            "/v1/classify", """{"input":["a"],"labels":["a","A"]}""", 422, "labels[1]",
            "labels[1]: duplicate of labels[0]"
        },
        { "/v1/classify", """{"input":["a"],"labels":["a"],"templates":["b"]}""", 422, "templates[0]", "templates[0]" },
        { "/v1/classify", """{"input":["a"],"labels":["a"],"top_k":0}""", 422, "top_k", "an integer from 1" },
        { "/v1/classify", """{"input":[{"url":"http://a/b"}],"labels":["a"]}""", 422, "input[0].url", "not fetched" },
        { "/v1/classify", """{"input":["a"],"labels":["a"],"model":"nope"}""", 404, null, "Loaded models: demo" },
        { "/v1/rerank", """{"documents":["a"]}""", 422, "query", "The field is missing" },
        { "/v1/rerank", """{"query":"a","documents":[]}""", 422, "documents", "at least one" },
        { "/v1/rerank", """{"query":"a","documents":{}}""", 422, "documents", "an array" },
        { "/v1/rerank", """{"query":"a","documents":["b"],"top_n":-1}""", 422, "top_n", "an integer from 1" },
        {
            "/v1/rerank", $$"""{"query":"data:text/css;base64,{{new string('A', 3 << 20)}}","documents":["b"]}""",
            422, "query", "text/css"
        },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Errors))]
    public async Task Call_InvalidRequest_IsTheErrorOfTheFormat(
        string path, string json, int status, string? param, string message)
    {
        var response = await PostAsync(path, json);

        Assert.Equal(status, response.Code);
        Assert.Contains(message, response.Body.GetProperty("detail").GetString());
        Assert.Equal(param, response.Body.GetProperty("error").GetProperty("param").GetString());
    }

    private Task<JsonResponse> PostAsync(string path, string json) =>
        JsonResponse.PostAsync(demo.Server.Http, path, json);
}
