using ClipGrpc.Client;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientClassifyTests
{
    private static readonly ClipLabels Labels = new(["cat", "dog", "car"], ["a photo of a {}"]);
    private static readonly ClipImage Image = ClipImage.FromBytes("payload"u8.ToArray());

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_InlineLabels_GivesPredictions()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var result = await client.ClassifyAsync(Image, Labels, new ClassifyCallOptions { TopK = 2 }, token);

        Assert.Equal(
            [new ClipPrediction("cat", 0, 0.5f, 0.25f), new ClipPrediction("dog", 1, 0.25f, 0.25f)],
            result.Predictions);
        var request = Assert.Single(server.Clip.ClassifyRequests);
        Assert.Equal(["a photo of a {}"], request.LabelSet.Templates);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_SentencesTruncated_IsInLabelSetsAndResults()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.TruncatedSentences = 2;
        using var client = server.CreateClient();
        var frames = new[] { new VideoFrame(1, TimeSpan.Zero, Image) }.ToAsyncEnumerable();

        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        var one = await client.ClassifyAsync(Image, set, cancellationToken: token);
        var video = await client.ClassifyVideoAsync(frames, Labels, cancellationToken: token).SingleAsync(token);

        Assert.Equal((0, 2), (Labels.TruncatedSentences, set.TruncatedSentences));
        Assert.Equal(2, one.TruncatedSentences);
        Assert.Equal(2, video.Result!.Value.TruncatedSentences);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_LabelSet_SendsItsId()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        var result = await client.ClassifyAsync(Image, set, cancellationToken: token);

        Assert.Equal(3, result.Predictions.Count);
        Assert.Equal(set.Id, Assert.Single(server.Clip.ClassifyRequests).LabelSetId);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_LabelSetUnknown_IsMadeAgainOnceAndRepeated()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        server.Clip.LabelSets.Clear();

        var result = await client.ClassifyAsync(Image, set, cancellationToken: token);

        Assert.Equal(3, result.Predictions.Count);
        Assert.Equal(2, server.Log.Count("CreateLabelSet"));
        Assert.Equal(2, server.Log.Count("Classify"));
        Assert.All(server.Clip.ClassifyRequests, request => Assert.Equal(set.Id, request.LabelSetId));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_LabelSetStaysUnknown_FallsBackToInlineLabels()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        server.Clip.Before = _ =>
        {
            server.Clip.LabelSets.Clear();
            return Task.CompletedTask;
        };

        var result = await client.ClassifyAsync(Image, set, cancellationToken: token);

        Assert.Equal(3, result.Predictions.Count);
        Assert.Equal(2, server.Log.Count("CreateLabelSet"));
        Assert.Equal(3, server.Log.Count("Classify"));
        Assert.Equal(ClassifyRequest.LabelsOneofCase.LabelSet, server.Clip.ClassifyRequests.Last().LabelsCase);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_LabelSetHasAnotherIdByNow_IsMadeAgainOnceForAllCalls()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        server.Clip.LabelSetSalt = "old revision";
        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        server.Clip.LabelSetSalt = "new revision";
        server.Clip.LabelSets.Clear();

        for (var i = 0; i < 5; i++)
            await client.ClassifyAsync(Image, set, cancellationToken: token);
        await client.ClassifyAsync([Image], set, cancellationToken: token);

        Assert.Equal(2, server.Log.Count("CreateLabelSet"));
        Assert.Equal(7, server.Log.Count("Classify"));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_LabelSetIsNotShared_TravelsInlineForAWhile()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var client = server.CreateClient(options => options.TimeProvider = clock);
        var set = await client.CreateLabelSetAsync(Labels, cancellationToken: token);
        server.Clip.Before = _ =>
        {
            server.Clip.LabelSets.Clear();
            return Task.CompletedTask;
        };

        for (var i = 0; i < 5; i++)
            await client.ClassifyAsync(Image, set, cancellationToken: token);

        Assert.Equal(2, server.Log.Count("CreateLabelSet"));
        Assert.Equal(3 + 4, server.Log.Count("Classify"));
        server.Clip.Before = _ => Task.CompletedTask;
        clock.Advance(TimeSpan.FromMinutes(2));
        await client.ClassifyAsync(Image, set, cancellationToken: token);
        await client.ClassifyAsync(Image, set, cancellationToken: token);
        Assert.Equal(ClassifyRequest.LabelsOneofCase.LabelSetId, server.Clip.ClassifyRequests.Last().LabelsCase);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_ManyImages_SplitsAndKeepsErrorsInPlace()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var images = Enumerable.Range(0, 10).Select(
            i => i == 6 ? ClipImage.FromBytes("bad"u8.ToArray()) : Image);

        var results = await client.ClassifyAsync(images, Labels, cancellationToken: token);

        Assert.Equal(10, results.Count);
        Assert.Equal([6], results.Index().Where(entry => !entry.Item.IsSuccess).Select(entry => entry.Index));
        Assert.Equal(3, server.Log.Count("Classify"));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_BadImage_Throws()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.ClassifyAsync(ClipImage.FromBytes("bad"u8.ToArray()), Labels, cancellationToken: token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task LongText_OfLabels_TravelsWithEveryFormOfThem()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var labels = new ClipLabels(["cat", "dog"]) { LongText = ClipGrpc.Client.LongText.Reject };

        await client.ClassifyAsync(Image, labels, cancellationToken: token);
        var set = await client.CreateLabelSetAsync(labels, new LabelSetCallOptions { Model = "other" }, token);

        Assert.Equal(V1.LongText.Reject, Assert.Single(server.Clip.ClassifyRequests).LabelSet.LongText);
        var created = Assert.Single(server.Clip.CreateRequests);
        Assert.Equal(("other", V1.LongText.Reject), (created.Model, created.LabelSet.LongText));
        Assert.Equal(ClipGrpc.Client.LongText.Reject, set.LongText);
    }

    [Fact(Timeout = 30_000)]
    public async Task CreateLabelSetAsync_BadLabels_Throws()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.CreateLabelSetAsync(new ClipLabels(["bad"]), cancellationToken: token));

        Assert.Equal("label_set.labels: bad.", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_Candidates_KeepTheirPlacesPastUnreadableOnes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var ranking = await client.RankAsync(
            Image,
            ["zero", ClipImage.FromFile("no/such.png"), "bad", "three"],
            new RankCallOptions { TopK = 7 },
            token);

        Assert.Equal([3, 0], ranking.Ranked.Select(candidate => candidate.Index));
        Assert.Equal([1, 2], ranking.Errors.Keys.Order());
        Assert.Contains("no/such.png", ranking.Errors[1].Message);
        Assert.Equal("inputs: this is bad.", ranking.Errors[2].Message);
        Assert.Equal(7u, server.Clip.LastRank!.TopK);
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_MoreThanAMessage_IsSplit()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.MaxMessageBytes = 2048);

        var ranking = await client.RankAsync(
            "q", [new string('a', 1500), new string('b', 1500)], cancellationToken: token);

        Assert.Equal([0, 1], ranking.Ranked.Select(candidate => candidate.Index).Order());
        Assert.Equal(2, server.Log.Count("Rank"));
    }
}
