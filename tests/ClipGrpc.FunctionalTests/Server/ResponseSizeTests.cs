using System.Globalization;
using System.Text.RegularExpressions;
using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A response that cannot be sent is refused before its work, and the refusal states what fits.</summary>
public sealed class ResponseSizeTests : IAsyncLifetime
{
    private GatedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await GatedServer.StartAsync(new()
    {
        ["Clip:Server:MaxMessageBytes"] = "65536",
        ["Clip:Limits:MaxInputs"] = "8192",
        ["Clip:Batching:QueueCapacity"] = "20000",
        ["Clip:Preprocess:QueueCapacity"] = "20000",
    });

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact(Timeout = 120_000)]
    public async Task Classify_ResponseOverTheLimit_RunsNothingAndNamesTheLargestTopK()
    {
        var set = LongLabels();
        var request = new ClassifyRequest { LabelSet = set, Images = { Images(30) }, TopK = 120 };

        var error = await RefusedBeforeTheWorkAsync(() => _server.Clip.ClassifyAsync(request, Limited()).ResponseAsync);

        Assert.StartsWith("top_k:", error.Status.Detail);
        request.TopK = Number(error, "largest top_k that fits is");
        Assert.Equal(30, (await _server.Clip.ClassifyAsync(request, Limited())).Results.Count);
        request.TopK++;
        await RefusedBeforeTheWorkAsync(() => _server.Clip.ClassifyAsync(request, Limited()).ResponseAsync);
    }

    [Fact(Timeout = 120_000)]
    public async Task Classify_AllScoresOverTheLimit_RunsNothingAndNamesTheImages()
    {
        var request = new ClassifyRequest
        {
            LabelSet = Labels([.. Enumerable.Range(0, 4_000).Select(i => $"{i}")]),
            Images = { Images(5) },
            Options = new ClassifyOptions { AllScores = true },
        };

        var error = await RefusedBeforeTheWorkAsync(() => _server.Clip.ClassifyAsync(request, Limited()).ResponseAsync);

        Assert.StartsWith("images:", error.Status.Detail);
        var fits = (int)Number(error, "Send at most");
        while (request.Images.Count > fits)
            request.Images.RemoveAt(fits);
        Assert.All(
            (await _server.Clip.ClassifyAsync(request, Limited())).Results,
            result => Assert.Equal(4_000, result.Scores.Count));
    }

    [Fact(Timeout = 120_000)]
    public async Task Classify_TooManyImagesForOnePredictionEach_NamesTheImages()
    {
        var request = new ClassifyRequest { LabelSet = Labels(new string('a', 5_000)), Images = { Images(20) } };

        var error = await RefusedBeforeTheWorkAsync(() => _server.Clip.ClassifyAsync(request, Limited()).ResponseAsync);

        Assert.StartsWith("images:", error.Status.Detail);
        var fits = (int)Number(error, "Send at most");
        while (request.Images.Count > fits)
            request.Images.RemoveAt(fits);
        Assert.Equal(fits, (await _server.Clip.ClassifyAsync(request, Limited())).Results.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task ClassifyStream_ResponseOverTheLimit_EndsAtTheConfigurationAndNamesTheLargestTopK()
    {
        var labels = Enumerable.Range(1_000, 4_000).Select(i => $"{i}");
        var config = new ClassifyStreamConfig { LabelSet = Labels([.. labels]), TopK = 4_000 };
        var error = await RefusedBeforeTheWorkAsync(() => RunStreamAsync(config, frames: 0));

        Assert.StartsWith("config.top_k:", error.Status.Detail);
        config.TopK = Number(error, "largest top_k that fits is");
        Assert.Equal((int)config.TopK, (await RunStreamAsync(config, frames: 1)).Predictions.Count);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(EmbeddingEncoding.Float32)]
    [InlineData(EmbeddingEncoding.Float16)]
    public async Task Embed_ResponseOverTheLimit_RunsNothingAndNamesTheLargestCount(EmbeddingEncoding encoding)
    {
        var request = new EmbedRequest
        {
            Options = new EmbedOptions { Encoding = encoding },
            Inputs = { Enumerable.Range(0, 1_000).Select(i => Sentence($"{i}")) },
        };

        var error = await RefusedBeforeTheWorkAsync(() => _server.Clip.EmbedAsync(request, Limited()).ResponseAsync);

        Assert.StartsWith("inputs:", error.Status.Detail);
        var fits = (int)Number(error, "Send at most");
        while (request.Inputs.Count > fits)
            request.Inputs.RemoveAt(fits);
        Assert.Equal(fits, (await _server.Clip.EmbedAsync(request, Limited())).Results.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Rank_ResponseOverTheLimit_RunsNothingAndNamesTheLargestTopK()
    {
        var request = new RankRequest
        {
            Query = Sentence("a"),
            Candidates = { Enumerable.Repeat(Sentence("b"), 6_000) },
        };

        var error = await RefusedBeforeTheWorkAsync(() => _server.Clip.RankAsync(request, Limited()).ResponseAsync);

        Assert.StartsWith("top_k:", error.Status.Detail);
        request.TopK = Number(error, "largest top_k that fits is");
        Assert.Equal((int)request.TopK, (await _server.Clip.RankAsync(request, Limited())).Ranked.Count);
    }

    /// <summary>Errors of items can make a response larger than its results would.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Rank_ErrorsOverTheLimit_AreInvalidNamingTheCandidates()
    {
        var request = new RankRequest
        {
            Query = Sentence("a"),
            TopK = 1,
            Candidates = { Enumerable.Repeat(new Input(), 3_000) },
        };

        var error = await Assert.ThrowsAsync<RpcException>(
            () => _server.Clip.RankAsync(request, Limited()).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("candidates:", error.Status.Detail);
    }

    /// <summary>120 labels of 1 to 120 characters beyond their number.</summary>
    private static LabelSet LongLabels() =>
        Labels([.. Enumerable.Range(0, 120).Select(i => $"{i} {new string('x', i + 1)}")]);

    private static IEnumerable<Image> Images(int count) =>
        Enumerable.Range(0, count).Select(i => Raw(8, 8, (byte)i, 0, 0));

    private static uint Number(RpcException error, string after) => uint.Parse(
        Regex.Match(error.Status.Detail, after + " ([0-9,]+)", RegexOptions.IgnoreCase).Groups[1].Value.TrimEnd(','),
        NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private async Task<RpcException> RefusedBeforeTheWorkAsync(Func<Task> call)
    {
        var before = _server.ItemsRun;
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(before, _server.ItemsRun);
        return error;
    }

    /// <param name="frames">
    /// None where the configuration is refused: a write that is under way when the status comes may fail in other ways.
    /// </param>
    private async Task<ClassifyStreamResponse> RunStreamAsync(ClassifyStreamConfig config, int frames)
    {
        using var call = _server.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(new ClassifyStreamRequest { Config = config });
        for (var i = 0; i < frames; i++)
        {
            await call.RequestStream.WriteAsync(
                new ClassifyStreamRequest { Frame = new Frame { Image = Image("cat.jpg") } });
        }

        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current;
    }
}
