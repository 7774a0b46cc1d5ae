using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

public sealed class ClassifyStreamTests(DemoServer demo)
{
    private static ClassifyStreamRequest Config(float smoothing = 0, DropPolicy drop = default) => new()
    {
        Config = new ClassifyStreamConfig
        {
            LabelSet = Labels("cat", "rocket", "cup of coffee"),
            Smoothing = smoothing,
            DropPolicy = drop,
        },
    };

    private static ClassifyStreamRequest Frame(ulong id, Image image) =>
        new() { Frame = new Frame { FrameId = id, TimestampUs = (long)id * 40_000, Image = image } };

    private async Task<List<ClassifyStreamResponse>> RunAsync(params ClassifyStreamRequest[] requests)
    {
        using var call = demo.Clip.ClassifyStream(Limited());
        foreach (var request in requests)
            await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        var replies = new List<ClassifyStreamResponse>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
            replies.Add(reply);
        return replies;
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_Frames_AreAnsweredInOrderAsTheUnaryCallDoes()
    {
        string[] files = ["cat.jpg", "rocket.jpg", "coffee.jpg", "cat.jpg"];
        var replies = await RunAsync([Config(), .. files.Select((file, i) => Frame((ulong)i, Image(file)))]);

        Assert.Equal([0ul, 1ul, 2ul, 3ul], replies.Select(reply => reply.FrameId));
        Assert.Equal([0, 40_000, 80_000, 120_000], replies.Select(reply => reply.TimestampUs));
        var unary = await demo.Clip.ClassifyAsync(
            new ClassifyRequest
            {
                Images = { files.Select(Image) },
                LabelSet = Labels("cat", "rocket", "cup of coffee"),
            },
            Limited());
        for (var i = 0; i < files.Length; i++)
        {
            Assert.Equal(
                unary.Results[i].Predictions.Select(p => p.Label), replies[i].Predictions.Select(p => p.Label));
            Assert.Equal(unary.Results[i].Predictions[0].Probability, replies[i].Predictions[0].Probability, 1e-4);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_Smoothing_IsTheMovingAverageOfTheProbabilities()
    {
        var frames = new[] { Frame(0, Image("cat.jpg")), Frame(1, Image("rocket.jpg")), Frame(2, Image("rocket.jpg")) };
        var plain = await RunAsync([Config(), .. frames]);
        var smooth = await RunAsync([Config(smoothing: 0.75f), .. frames]);

        static float[] ByIndex(ClassifyStreamResponse reply) =>
            [.. reply.Predictions.OrderBy(p => p.Index).Select(p => p.Probability)];
        var expected = ByIndex(plain[0]);
        for (var i = 0; i < 3; i++)
        {
            if (i > 0)
                expected = [.. expected.Zip(ByIndex(plain[i]), (past, now) => 0.75f * past + 0.25f * now)];
            Assert.InRange(LargestDifference(expected, ByIndex(smooth[i])), 0, 1e-4);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_Latest_AnswersEveryFrameInOrderAndTheLastOneForReal()
    {
        await using var server = await GatedServer.StartAsync();
        using var call = server.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(Config(drop: DropPolicy.Latest));
        await call.RequestStream.WriteAsync(Frame(0, Image("rocket.jpg")));
        Assert.True(await call.ResponseStream.MoveNext());
        List<ClassifyStreamResponse> replies = [call.ResponseStream.Current];
        var held = await server.HoldDeviceAsync();

        // They are many times as large as the window of HTTP/2: when the last is sent, most of them have been read.
        for (var i = 1; i < 60; i++)
            await call.RequestStream.WriteAsync(Frame((ulong)i, Image("rocket.jpg")));
        await call.RequestStream.CompleteAsync();
        server.Encoders.Open();
        await held;
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
            replies.Add(reply);

        Assert.Equal(Enumerable.Range(0, 60).Select(i => (ulong)i), replies.Select(reply => reply.FrameId));
        Assert.All(replies, reply => Assert.NotEqual(reply.Dropped, reply.Predictions.Count > 0));
        Assert.False(replies[0].Dropped);
        Assert.False(replies[^1].Dropped);
        Assert.Contains(replies, reply => reply.Dropped);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_None_DropsNothing()
    {
        var frames = Enumerable.Range(0, 100).Select(i => Frame((ulong)i, Raw(64, 48, (byte)i, 9, 9))).ToArray();
        var replies = await RunAsync([Config(drop: DropPolicy.None), .. frames]);

        Assert.Equal(100, replies.Count);
        Assert.All(replies, reply => Assert.False(reply.Dropped));
        Assert.All(replies, reply => Assert.Equal(3, reply.Predictions.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_BadFrame_IsAnsweredAndTheStreamGoesOn()
    {
        var replies = await RunAsync(
            Config(), Frame(1, Image([1, 2])), Frame(2, new Image()), Frame(3, Image("cat.jpg")));

        Assert.Equal((int)StatusCode.InvalidArgument, replies[0].Error.Code);
        Assert.Equal((int)StatusCode.InvalidArgument, replies[1].Error.Code);
        Assert.Null(replies[2].Error);
        Assert.Equal(3, replies[2].Predictions.Count);
    }

    public static TheoryData<ClassifyStreamRequest[], string> BadStreams => new()
    {
        { [Frame(0, new Image())], "config" },
        { [Config(), Config()], "config" },
        { [Config(smoothing: 1)], "config.smoothing" },
        { [Config(smoothing: -0.1f)], "config.smoothing" },
        { [Config(smoothing: float.NaN)], "config.smoothing" },
        { [Config(drop: (DropPolicy)7)], "config.drop_policy" },
        { [new ClassifyStreamRequest { Config = new ClassifyStreamConfig() }], "config.label_set" },
        { [Config(), new ClassifyStreamRequest()], "frame" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(BadStreams))]
    public async Task ClassifyStream_BadConfiguration_IsInvalidNamingTheField(
        ClassifyStreamRequest[] requests, string field)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(requests));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith(field + ":", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_NothingSent_EndsWell() => Assert.Empty(await RunAsync());

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_LabelBeyondTheContext_IsCountedOrRejected()
    {
        var config = Config();
        config.Config.LabelSet.Labels.Add(string.Join(' ', Enumerable.Repeat("cat", 40)));

        var replies = await RunAsync(config, Frame(0, Image("cat.jpg")));
        Assert.Equal(1u, Assert.Single(replies).TruncatedSentences);

        config.Config.LabelSet.LongText = LongText.Reject;
        var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(config));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("config.label_set.labels[3]: The label has more tokens", error.Status.Detail);
    }
}
