using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Sources, labels, regions and events of <see cref="ClipClient.ClassifyVideoAsync"/>.</summary>
public sealed class ClientVideoTests(DemoServer demo)
{
    private static readonly ClipLabels Labels = new(["cat", "rocket"]);
    private static readonly ClipImage Cat = ClipImage.FromFile(Make.DataPath("images", "cat.jpg"));
    private static readonly ClipImage Rocket = ClipImage.FromFile(Make.DataPath("images", "rocket.jpg"));
    private static readonly ClipImage Missing = ClipImage.FromFile("no/such.png");

    private async Task<VideoFrameResult[]> RunAsync(VideoCallOptions options, params VideoFrame[] frames)
    {
        using var client = ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
        return await client.ClassifyVideoAsync(
            frames.ToAsyncEnumerable(), Labels, options, TestContext.Current.CancellationToken).ToArrayAsync();
    }

    private static VideoFrame Frame(int id, ClipImage image) => new((ulong)id, TimeSpan.FromSeconds(id), image);

    [Fact(Timeout = 60_000)]
    public async Task ClassifyVideoAsync_Sources_KeepTheirOrderAndTheCallersIds()
    {
        var frames = Enumerable.Range(0, 30).Select(i => Frame(i / 3, i % 7 == 5 ? Missing : Cat) with
        {
            SourceId = $"camera {i % 3}",
        }).ToArray();

        var results = await RunAsync(new VideoCallOptions(), frames);

        foreach (var source in results.GroupBy(result => result.SourceId))
        {
            var own = frames.Where(frame => frame.SourceId == source.Key).ToArray();
            Assert.Equal(own.Select(frame => frame.Id), source.Select(result => result.FrameId));
            Assert.Equal(
                own.Select(frame => frame.Image != Missing), source.Select(result => result.Result!.IsSuccess));
        }

        Assert.Equal(3, results.DistinctBy(result => result.SourceId).Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyVideoAsync_LabelsOfAFrame_ApplyFromItOn()
    {
        var results = await RunAsync(
            new VideoCallOptions(), Frame(0, Cat),
            Frame(1, Cat) with { Labels = new ClipLabels(["dog", "cat", "boat"]) }, Frame(2, Cat));

        Assert.Equal([2, 3, 3], results.Select(result => result.Result!.Value.Predictions.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyVideoAsync_RegionsAndEmbedding_AreInTheResult()
    {
        var results = await RunAsync(
            new VideoCallOptions
            {
                Regions = [new VideoRegion("left", 0, 0, 0.5f, 1), new VideoRegion("all", 0, 0, 1, 1)],
                IncludeEmbedding = true,
                StaticThreshold = 0.01f,
            },
            Frame(0, Cat), Frame(1, Cat));

        Assert.Equal(["left", "all"], results[1].Regions.Select(region => region.Id));
        Assert.Equal("cat", results[1].Regions[1].Classification.Predictions[0].Label);
        Assert.False(results[1].Regions[0].Embedding.IsEmpty);
        Assert.True(results[1].Skipped);
        Assert.False(results[1].Dropped);
        Assert.Null(results[1].Result);
        Assert.Equal((1, 1, 2), (
            results[1].Counters.Classified, results[1].Counters.Skipped, results[1].Counters.Total));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyVideoAsync_MaxFps_GivesTheReason()
    {
        var results = await RunAsync(new VideoCallOptions { MaxFps = 0.5f }, Frame(0, Cat), Frame(1, Cat));
        Assert.Equal([null, FrameDropReason.MaxFps], results.Select(result => result.DropReason));
        Assert.True(results[1].Dropped);
    }

    [Fact(Timeout = 120_000)]
    public async Task ClassifyVideoAsync_Changes_GivesEventsErrorsAndTheEnd()
    {
        var options = new VideoCallOptions
        {
            Emit = VideoEmit.Changes,
            Events = new VideoEventOptions { EnterThreshold = 0.6f, LeaveThreshold = 0.4f },
            StaticThreshold = 0.01f,
        };
        var frames = Enumerable.Range(0, 90)
            .Select(i => Frame(i, i == 40 ? Missing : i < 70 ? Cat : Rocket)).ToArray();

        var results = await RunAsync(options, frames);

        Assert.Equal([0ul, 40ul, 70ul, 0ul], results.Select(result => result.FrameId));
        Assert.Equal(("cat", false), (results[0].Segments[0].Label, results[0].Segments[0].Ended));
        Assert.False(results[1].Result!.IsSuccess);
        Assert.Equal(
            [("cat", true, 0, 70), ("rocket", false, 70, 70)],
            results[2].Segments.OrderBy(segment => segment.Label).Select(segment => (
                segment.Label, segment.Ended, (int)segment.Start.TotalSeconds, (int)segment.End.TotalSeconds)));
        Assert.True(results[3].IsStreamEnd);
        Assert.False(results[3].Dropped);
        Assert.Equal(TimeSpan.FromSeconds(89), Assert.Single(results[3].Segments).End);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyVideoAsync_MoreSilentFramesThanMayBeOpen_GoesOn()
    {
        var image = Make.Raw(4, 4, 1, 2, 3).Raw.Data.Memory;
        var frames = Enumerable.Range(0, StreamItems<string, string>.MaxOpen + 200).Select(i => Frame(
            i, ClipImage.FromPixels(image, 4, 4, PixelFormat.Rgb24)) with
        { SourceId = $"{i % 100}" }).ToArray();

        var results = await RunAsync(
            new VideoCallOptions
            {
                Emit = VideoEmit.Changes,
                Events = new VideoEventOptions { EnterThreshold = 1 },
                StaticThreshold = 0.01f,
            },
            frames);

        Assert.Empty(results);
    }

    [Fact(Timeout = 10_000)]
    public async Task StreamItems_SilentItems_AreCompletedByLaterOnesOfTheirOrderOrByTheirCount()
    {
        var token = TestContext.Current.CancellationToken;
        using var items = new StreamItems<string, string>(item => item[..1], mayBeSilent: true);
        foreach (var item in new[] { "a0", "b1", "a2", "b3", "a4" })
            items.Sent(await items.AddAsync(item));

        await items.CompletedAsync(2, item => item, token);
        Assert.Equal("a2", await items.Reader.ReadAsync(token));
        Assert.Equal(["b1", "b3", "a4"], (await items.ReconnectedAsync(token)).Select(item => item.Item));
        foreach (var item in await items.ReconnectedAsync(token))
            items.Sent(item);
        await items.CompletedUpToAsync(2, token);
        Assert.Equal("a4", Assert.Single(await items.ReconnectedAsync(token)).Item);
    }

    [Fact]
    public async Task VideoLabels_NewConnection_BeginsWithTheLabelsSentLast()
    {
        var (first, second) = (new ClipLabels(["a"]), new ClipLabels(["b"]));
        var video = new VideoLabels(first);
        var frames = await VideoLabels.Follow(
            new[] { Frame(0, Cat), Frame(1, Cat) with { Labels = second }, Frame(2, Cat) }.ToAsyncEnumerable(), first)
            .ToArrayAsync();

        Assert.Same(first, video.ForConnection());
        Assert.Null(video.UpdateBefore(frames[0]));
        Assert.Equal(["b"], video.UpdateBefore(frames[1])!.Update.LabelSet.Labels);
        Assert.Null(video.UpdateBefore(frames[2]));
        Assert.Same(second, video.ForConnection());
        Assert.Equal(["a"], video.UpdateBefore(frames[0])!.Update.LabelSet.Labels);
        Assert.Equal(["b"], video.UpdateBefore(frames[1])!.Update.LabelSet.Labels);
    }
}
