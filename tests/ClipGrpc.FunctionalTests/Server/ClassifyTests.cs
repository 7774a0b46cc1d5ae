using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

public sealed class ClassifyTests(DemoServer demo)
{
    [Fact(Timeout = 60_000)]
    public async Task Classify_InlineLabels_IsTheSoftmaxOfScaledCosines()
    {
        string[] labels = ["cat", "cup of coffee", "rocket"];
        var request = new ClassifyRequest
        {
            Images = { Image("cat.jpg"), Image("rocket.jpg") },
            LabelSet = Labels(labels),
        };

        var response = await demo.Clip.ClassifyAsync(request, Limited());

        var model = await demo.Models.GetModelAsync(new GetModelRequest(), Limited());
        var embedded = await demo.Clip.EmbedAsync(
            new EmbedRequest
            {
                Inputs = { ImageInput("cat.jpg"), ImageInput("rocket.jpg"), labels.Select(Sentence) },
            },
            Limited());
        for (var image = 0; image < 2; image++)
        {
            var cosines = Enumerable.Range(0, 3)
                .Select(i => Cosine(Values(embedded.Results[image]), Values(embedded.Results[2 + i]))).ToArray();
            var sum = cosines.Sum(c => Math.Exp(model.LogitScale * c));
            var predictions = response.Results[image].Predictions;
            Assert.Equal(3, predictions.Count);
            Assert.Equal(1, predictions.Sum(p => p.Probability), 1e-5);
            Assert.Equal(predictions.OrderByDescending(p => p.Probability), predictions);
            foreach (var prediction in predictions)
            {
                Assert.Equal(labels[prediction.Index], prediction.Label);
                Assert.Equal(cosines[prediction.Index], prediction.Cosine, 1e-5);
                Assert.Equal(
                    Math.Exp(model.LogitScale * cosines[prediction.Index]) / sum, prediction.Probability, 1e-4);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_SeveralTemplates_ComparesWithTheNormalisedMean()
    {
        string[] sentences = ["a photo of a cat", "a drawing of a cat"];
        var set = new LabelSet { Labels = { "cat" }, Templates = { "a photo of a {}", "a drawing of a {}" } };

        var response = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = set }, Limited());

        var embedded = await demo.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { ImageInput("cat.jpg"), Sentence(sentences[0]), Sentence(sentences[1]) } },
            Limited());
        var mean = Values(embedded.Results[1]).Zip(Values(embedded.Results[2]), (a, b) => a + b).ToArray();
        var prediction = Assert.Single(response.Results[0].Predictions);
        Assert.Equal(Cosine(Values(embedded.Results[0]), mean), prediction.Cosine, 1e-5);
        Assert.Equal(1, prediction.Probability, 1e-6);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_ReplyOverTheMessageLimit_IsInvalidAndNamesTopK()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Clip:Server:MaxMessageBytes"] = "65536" });
        var request = new ClassifyRequest
        {
            LabelSet = Labels([.. Enumerable.Range(0, 400).Select(i => $"label {i}")]),
            TopK = 400,
        };
        for (var i = 0; i < 20; i++)
        {
            var pixel = new RawImage
            {
                Width = 1,
                Height = 1,
                Format = PixelFormat.Rgb24,
                Data = ByteString.CopyFrom(1, 2, 3),
            };
            request.Images.Add(new Image { Raw = pixel });
        }

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Clip.ClassifyAsync(request, Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("top_k:", error.Status.Detail);

        request.TopK = 5;
        Assert.Equal(20, (await server.Clip.ClassifyAsync(request, Limited())).Results.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_UnknownSetWithACutEmoji_IsNotFound()
    {
        var request = new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSetId = new string('x', 79) + "😀" };
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Clip.ClassifyAsync(request, Limited()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_TopK_GivesTheBestOnlyAndFiveWithoutIt()
    {
        var request = new ClassifyRequest
        {
            Images = { Image("cat.jpg") },
            LabelSet = Labels("cat", "dog", "bus", "key", "hat", "sun"),
            TopK = 2,
        };
        var two = (await demo.Clip.ClassifyAsync(request, Limited())).Results[0].Predictions;
        request.TopK = 0;
        var five = (await demo.Clip.ClassifyAsync(request, Limited())).Results[0].Predictions;
        request.TopK = uint.MaxValue;
        var all = (await demo.Clip.ClassifyAsync(request, Limited())).Results[0].Predictions;

        Assert.Equal(6, all.Count);
        Assert.Equal(all.Take(5), five);
        Assert.Equal(all.Take(2), two);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_AllScores_AreTheProbabilitiesInLabelOrderBesideThePredictions()
    {
        var request = new ClassifyRequest
        {
            Images = { Image("cat.jpg"), Image([1, 2, 3]) },
            LabelSet = Labels("cat", "dog", "bus"),
            TopK = uint.MaxValue,
        };
        var plain = await demo.Clip.ClassifyAsync(request, Limited());
        request.TopK = 1;
        request.Options = new ClassifyOptions { AllScores = true };
        var scored = await demo.Clip.ClassifyAsync(request, Limited());

        Assert.Empty(plain.Results[0].Scores);
        Assert.Equal(plain.Results[0].Predictions[0], Assert.Single(scored.Results[0].Predictions));
        Assert.Equal(
            plain.Results[0].Predictions.OrderBy(prediction => prediction.Index)
                .Select(prediction => prediction.Probability),
            scored.Results[0].Scores);
        Assert.NotNull(scored.Results[1].Error);
        Assert.Empty(scored.Results[1].Scores);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_LabelSetId_IsTheSameAsInline()
    {
        var set = new LabelSet { Labels = { "cat", "rocket" }, Templates = { "a photo of a {}" } };
        var created = await demo.Clip.CreateLabelSetAsync(new CreateLabelSetRequest { LabelSet = set }, Limited());
        var again = await demo.Clip.CreateLabelSetAsync(new CreateLabelSetRequest { LabelSet = set }, Limited());

        var byId = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSetId = created.Id }, Limited());
        var inline = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = set }, Limited());

        Assert.Equal(created.Id, again.Id);
        Assert.Equal(2u, created.LabelCount);
        Assert.Equal(1u, created.TemplateCount);
        var (expected, actual) = (inline.Results[0].Predictions, byId.Results[0].Predictions);
        Assert.Equal(expected.Select(p => p.Label), actual.Select(p => p.Label));

        // Batches of other sizes round differently.
        Assert.InRange(
            LargestDifference([.. expected.Select(p => p.Cosine)], [.. actual.Select(p => p.Cosine)]), 0, 1e-5);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_UnknownLabelSet_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSetId = new string('0', 64) }, Limited()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("CreateLabelSet", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_BadImageAmongGoodOnes_FailsAlone()
    {
        var request = new ClassifyRequest
        {
            Images = { Image([0, 1, 2]), Image("cat.jpg") },
            LabelSet = Labels("cat", "bus"),
        };
        var response = await demo.Clip.ClassifyAsync(request, Limited());

        Assert.Equal((int)StatusCode.InvalidArgument, response.Results[0].Error.Code);
        Assert.StartsWith("images[0]", response.Results[0].Error.Message);
        Assert.Empty(response.Results[0].Predictions);
        Assert.Null(response.Results[1].Error);
        Assert.Equal(2, response.Results[1].Predictions.Count);
    }

    private static string TooLong => string.Join(' ', Enumerable.Repeat("cat", 40));

    public static TheoryData<LabelSet?, string> BadLabelSets => new()
    {
        { null, "label_set:" },
        { new LabelSet(), "label_set.labels:" },
        { Labels("cat", " "), "label_set.labels[1]:" },
        { Labels("cat", "dog", "cat"), "label_set.labels[2]: duplicate of labels[0] (\"cat\")." },
        { Labels("cat", "dog", "bus", " CAT"), "label_set.labels[3]: duplicate of labels[0] (\"cat\")." },
        { Labels("cat", "&nbsp;"), "label_set.labels[1]:" },
        { new LabelSet { Labels = { "cat" }, LongText = (LongText)9 }, "label_set.long_text:" },
        { new LabelSet { Labels = { "cat" }, Templates = { "a {}", "no place" } }, "label_set.templates[1]:" },
        { new LabelSet { Labels = { "cat" }, Templates = { "{} and {}" } }, "label_set.templates[0]:" },
        { Labels(new string('x', 20_000)), "label_set.labels[0]:" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(BadLabelSets))]
    public async Task Classify_BadLabels_AreInvalidNamingTheField(LabelSet? set, string field)
    {
        var request = new ClassifyRequest { Images = { Image("cat.jpg") } };
        if (set is not null)
            request.LabelSet = set;

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await demo.Clip.ClassifyAsync(request, Limited()));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith(field, error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_MoreSentencesThanTheQueueHolds_Works()
    {
        var set = new LabelSet { Templates = { "a photo of a {}", "a drawing of a {}" } };
        set.Labels.AddRange(Enumerable.Range(0, 700).Select(i => $"thing {i}"));
        var request = new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = set, TopK = 5 };

        var response = await demo.Clip.ClassifyAsync(request, Limited());

        Assert.Equal(5, response.Results[0].Predictions.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_SentencesBeyondTheContext_AreCounted()
    {
        var set = new LabelSet { Labels = { "cat", TooLong, "dog" }, Templates = { "a photo of a {}", "{}" } };

        var created = await demo.Clip.CreateLabelSetAsync(new CreateLabelSetRequest { LabelSet = set }, Limited());
        var byId = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSetId = created.Id }, Limited());
        var inline = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = set }, Limited());

        Assert.Equal((2u, 2u, 2u), (created.TruncatedSentences, byId.TruncatedSentences, inline.TruncatedSentences));
        var fitting = await demo.Clip.ClassifyAsync(
            new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = Labels("cat", "dog") }, Limited());
        Assert.Equal(0u, fitting.TruncatedSentences);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_SentencesBeyondTheContextRejected_NamesTheLabel()
    {
        // Embedded before by a call that allows it: the answer is the same.
        var set = new LabelSet { Labels = { "cat", TooLong }, Templates = { "a photo of a {}" } };
        await demo.Clip.CreateLabelSetAsync(new CreateLabelSetRequest { LabelSet = set }, Limited());
        set.LongText = LongText.Reject;

        RpcException[] errors =
        [
            await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.CreateLabelSetAsync(
                new CreateLabelSetRequest { LabelSet = set }, Limited())),
            await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.ClassifyAsync(
                new ClassifyRequest { Images = { Image("cat.jpg") }, LabelSet = set }, Limited())),
        ];

        Assert.All(errors, error => Assert.Equal(StatusCode.InvalidArgument, error.StatusCode));
        Assert.All(errors, error => Assert.StartsWith(
            "label_set.labels[1]: In templates[0] the label has more tokens than the model's context",
            error.Status.Detail));
    }
}
