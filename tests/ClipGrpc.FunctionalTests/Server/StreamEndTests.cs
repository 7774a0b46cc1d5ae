using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Streams that the server ends early, and what comes after them on their connection.</summary>
public sealed class StreamEndTests
{
    private static readonly (string Name, Func<ClipService.ClipServiceClient, Task> Run, StatusCode End)[] BadStreams =
    [
        ("embed, unknown model in the first message", clip => EmbedAsync(
            clip, new EmbedStreamRequest { Config = new EmbedStreamConfig { Model = "nope" } }), StatusCode.NotFound),
        ("embed, second configuration", clip => EmbedAsync(
            clip,
            new EmbedStreamRequest { Config = new EmbedStreamConfig(), Id = "0", Input = Sentence("a") },
            new EmbedStreamRequest { Config = new EmbedStreamConfig() }), StatusCode.InvalidArgument),
        ("classify, frame before the configuration", clip => ClassifyAsync(
            clip, new ClassifyStreamRequest { Frame = new Frame() }), StatusCode.InvalidArgument),
        ("classify, label set not found", clip => ClassifyAsync(
            clip, new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSetId = "nope" } }),
            StatusCode.NotFound),
        ("classify, empty message after the configuration", clip => ClassifyAsync(
            clip,
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels("cat") } },
            new ClassifyStreamRequest()), StatusCode.InvalidArgument),
    ];

    [Fact(Timeout = 300_000)]
    public async Task Stream_EndedByAnError_LeavesItsConnectionUsable()
    {
        await using var server = await RunningServer.StartAsync();
        var good = new EmbedRequest { Inputs = { Sentence("a cat") } };
        await server.Clip.EmbedAsync(good, Limited());
        var failures = new List<string>();
        for (var round = 0; round < 1_000; round++)
        {
            var (name, run, status) = BadStreams[round % BadStreams.Length];
            var ended = await Assert.ThrowsAsync<RpcException>(() => run(server.Clip));
            if (ended.StatusCode != status)
                failures.Add($"{name}: {ended.Status}");
            try
            {
                await server.Clip.EmbedAsync(good, Limited());
            }
            catch (RpcException exception)
            {
                failures.Add($"call after {name}: {exception.Status}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of 1,000 rounds, such as {failures.FirstOrDefault()}");
    }

    [Fact(Timeout = 300_000)]
    public async Task Stream_EndedByItsDeadlineOrItsCaller_LeavesItsConnectionUsable()
    {
        await using var server = await RunningServer.StartAsync();
        var good = new EmbedRequest { Inputs = { Sentence("a cat") } };
        for (var round = 0; round < 100; round++)
        {
            using var leaving = new CancellationTokenSource();
            using var late = server.Clip.EmbedStream(Limited(TimeSpan.FromMilliseconds(20)));
            using var left = server.Clip.EmbedStream(Limited(token: leaving.Token));
            await left.RequestStream.WriteAsync(new EmbedStreamRequest { Id = "0", Input = Sentence("a") });
            Assert.True(await left.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            await leaving.CancelAsync();
            await Assert.ThrowsAsync<RpcException>(
                () => late.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

            await server.Clip.EmbedAsync(good, Limited());
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Ordering.Completion)]
    [InlineData(Ordering.Input)]
    public async Task EmbedStream_ModelUnloaded_AnswersWhatItHadAcceptedThenEndsUnavailable(Ordering ordering)
    {
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Models"] = "a=demo;b=demo" });
        using var call = server.Clip.EmbedStream(Limited());
        var held = await server.HoldDeviceAsync();
        for (var i = 0; i < 5; i++)
        {
            await call.RequestStream.WriteAsync(new EmbedStreamRequest
            {
                Config = i == 0 ? new EmbedStreamConfig { Model = "b", Ordering = ordering } : null,
                Id = $"{i}",
                Input = Sentence($"text {i}"),
            });
        }

        await server.Probe.WhenAsync(probe => probe.Waiting == 5);
        var reading = ReadToTheEndAsync(call.ResponseStream);

        var unload = server.Server.Models.UnloadModelAsync(
            new UnloadModelRequest { Name = "b" }, Limited()).ResponseAsync;
        await WhenDrainingAsync(server, "b");
        server.Encoders.Open();

        var (responses, end) = await reading;
        Assert.Equal(["0", "1", "2", "3", "4"], responses.Select(response => response.Id).Order());
        Assert.All(responses, response => Assert.Equal(128, Values(response.Result).Length));
        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        Assert.Contains("\"b\"", end.Status.Detail);
        await unload;
        await held;
    }

    [Fact(Timeout = 120_000)]
    public async Task Stream_IdleWhenItsModelIsUnloaded_EndsUnavailableAndLeavesItsConnectionUsable()
    {
        await using var server = await RunningServer.StartAsync();
        var good = new EmbedRequest { Inputs = { Sentence("a cat") } };
        for (var round = 0; round < 10; round++)
        {
            await server.Models.LoadModelAsync(new LoadModelRequest { Source = "demo", Name = "b" }, Limited());
            await EndIdleStreamsAsync(server);
            for (var call = 0; call < 5; call++)
                Assert.Single((await server.Clip.EmbedAsync(good, Limited())).Results);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("a", 257, 256)]
    [InlineData("é", 200, 128)]
    [InlineData("漢", 100, 85)]
    [InlineData("😀", 65, 64)]
    public async Task EmbedStream_IdOverTheLimit_IsThatItemsError(string character, int count, int kept)
    {
        await using var server = await RunningServer.StartAsync();
        using var call = server.Clip.EmbedStream(Limited());
        var id = string.Concat(Enumerable.Repeat(character, count));
        foreach (var next in new[] { "before", id, "after" })
            await call.RequestStream.WriteAsync(new EmbedStreamRequest { Id = next, Input = Sentence("a cat") });
        await call.RequestStream.CompleteAsync();

        var responses = new Dictionary<string, EmbedResult>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            responses.Add(response.Id, response.Result);

        var cut = string.Concat(Enumerable.Repeat(character, kept));
        Assert.Equal(new[] { "after", "before", cut }.Order(), responses.Keys.Order());
        Assert.Equal((int)StatusCode.InvalidArgument, responses[cut].Error.Code);
        Assert.StartsWith("id:", responses[cut].Error.Message);
        Assert.Equal(128, Values(responses["before"]).Length);
        Assert.Equal(128, Values(responses["after"]).Length);
    }

    private static async Task EndIdleStreamsAsync(RunningServer server)
    {
        using var inputs = server.Clip.EmbedStream(Limited());
        await inputs.RequestStream.WriteAsync(new EmbedStreamRequest
        {
            Config = new EmbedStreamConfig { Model = "b" },
            Id = "0",
            Input = Sentence("a"),
        });
        Assert.True(await inputs.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        using var frames = server.Clip.ClassifyStream(Limited());
        await frames.RequestStream.WriteAsync(new ClassifyStreamRequest
        {
            Config = new ClassifyStreamConfig { Model = "b", LabelSet = Labels("cat", "rocket") },
        });
        await frames.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Frame = new Frame { Image = Image("cat.jpg") } });
        Assert.True(await frames.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        await server.Models.UnloadModelAsync(new UnloadModelRequest { Name = "b" }, Limited());

        var (responses, end) = await ReadToTheEndAsync(inputs.ResponseStream);
        var (classified, framesEnd) = await ReadToTheEndAsync(frames.ResponseStream);
        Assert.Empty(responses);
        Assert.Empty(classified);
        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        Assert.Equal(StatusCode.Unavailable, framesEnd.StatusCode);
    }

    private static async Task EmbedAsync(ClipService.ClipServiceClient clip, params EmbedStreamRequest[] requests)
    {
        using var call = clip.EmbedStream(Limited());
        await SendAndReadAsync(call, requests);
    }

    private static async Task ClassifyAsync(ClipService.ClipServiceClient clip, params ClassifyStreamRequest[] requests)
    {
        using var call = clip.ClassifyStream(Limited());
        await SendAndReadAsync(call, requests);
    }

    // The request is never completed: the server's error is what ends the stream.
    private static async Task SendAndReadAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, TRequest[] requests)
    {
        foreach (var request in requests)
            await call.RequestStream.WriteAsync(request);
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }

    private static async Task<(List<T> Responses, RpcException End)> ReadToTheEndAsync<T>(IAsyncStreamReader<T> stream)
    {
        var responses = new List<T>();
        var end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var response in stream.ReadAllAsync())
                responses.Add(response);
        }).WaitAsync(RunningServer.Limit);
        return (responses, end);
    }

    private static async Task WhenDrainingAsync(GatedServer server, string model)
    {
        var request = new GetModelRequest { Name = model };
        while ((await server.Server.Models.GetModelAsync(request, Limited())).State != ModelState.Draining)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }
}
