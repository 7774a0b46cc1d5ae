using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A caller that goes away, or whose time is up, costs the device nothing more.</summary>
public sealed class CancellationTests
{
    [Fact(Timeout = 120_000)]
    public async Task Embed_CallerGoesAway_QueuedWorkIsNotRun()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        using var leaving = new CancellationTokenSource();
        var request = new EmbedRequest
        {
            Inputs =
            {
                ImageInput("cat.jpg"), Sentence("a"), ImageInput("rocket.jpg"), Sentence("b"), Sentence("c"),
            },
        };
        var left = server.Clip.EmbedAsync(request, Limited(token: leaving.Token)).ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 5);

        await leaving.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => left)).StatusCode);
        await server.Probe.WhenAsync(probe => probe is { Waiting: 0, Dropped: 5 });
        await AssertOnlyTheHeldOneRunsAsync(server, held);
    }

    [Fact(Timeout = 120_000)]
    public async Task EmbedStream_CallerGoesAway_QueuedWorkIsNotRun()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        using var leaving = new CancellationTokenSource();
        using var call = server.Clip.EmbedStream(Limited(token: leaving.Token));
        for (var i = 0; i < 8; i++)
        {
            var input = i % 2 == 0 ? ImageInput("cat.jpg") : Sentence($"text {i}");
            await call.RequestStream.WriteAsync(new EmbedStreamRequest { Id = $"{i}", Input = input });
        }

        await server.Probe.WhenAsync(probe => probe.Waiting == 8);

        await leaving.CancelAsync();

        await server.Probe.WhenAsync(probe => probe is { Waiting: 0, Dropped: 8 });
        await AssertOnlyTheHeldOneRunsAsync(server, held);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(DropPolicy.None, 4)]
    [InlineData(DropPolicy.Latest, 1)]
    public async Task ClassifyStream_CallerGoesAway_QueuedWorkIsNotRun(DropPolicy policy, int queued)
    {
        await using var server = await GatedServer.StartAsync();
        using var leaving = new CancellationTokenSource();
        using var call = server.Clip.ClassifyStream(Limited(token: leaving.Token));
        await call.RequestStream.WriteAsync(new ClassifyStreamRequest
        {
            Config = new ClassifyStreamConfig { LabelSet = Labels("cat", "rocket"), DropPolicy = policy },
        });
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Frame = new Frame { Image = Image("cat.jpg") } });
        Assert.True(await call.ResponseStream.MoveNext());
        var before = server.ItemsRun;
        var held = await server.HoldDeviceAsync();
        for (var i = 0; i < 4; i++)
        {
            await call.RequestStream.WriteAsync(
                new ClassifyStreamRequest { Frame = new Frame { Image = Image("rocket.jpg") } });
        }

        await server.Probe.WhenAsync(probe => probe.Waiting == queued);

        await leaving.CancelAsync();

        await server.Probe.WhenAsync(probe => probe.Waiting == 0 && probe.Dropped == queued);
        await AssertOnlyTheHeldOneRunsAsync(server, held, before);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_OneOfTwoCallersOfATextGoesAway_TheOtherIsAnswered()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        using var leaving = new CancellationTokenSource();
        var request = new EmbedRequest { Inputs = { Sentence("shared") } };
        var left = server.Clip.EmbedAsync(request, Limited(token: leaving.Token)).ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);
        var stays = server.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { Sentence("shared"), Sentence("sent after it") } }, Limited()).ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 2);

        await leaving.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => left);
        server.Encoders.Open();

        Assert.All((await stays).Results, result => Assert.Equal(128, Values(result).Length));
        await held;
        Assert.Equal(3, server.ItemsRun);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_DeadlinePassesInTheQueue_IsNotRun()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        var request = new EmbedRequest { Inputs = { ImageInput("cat.jpg"), Sentence("late") } };

        var error = await Assert.ThrowsAsync<RpcException>(
            () => server.Clip.EmbedAsync(request, Limited(TimeSpan.FromSeconds(1))).ResponseAsync);

        Assert.Contains(error.StatusCode, new[] { StatusCode.DeadlineExceeded, StatusCode.ResourceExhausted });
        await server.Probe.WhenAsync(probe => probe.Waiting == 0);
        await AssertOnlyTheHeldOneRunsAsync(server, held);
    }

    /// <summary>The caller has no timer of its own here: the server ends the call.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Embed_DeadlinePassesAtTheServer_IsCountedAsThat()
    {
        await using var server = await GatedServer.StartAsync();
        var held = await server.HoldDeviceAsync();
        using var raw = new RawGrpcClient(server.Server.GrpcAddress);
        // Waits for the text that runs: one that had to queue would be refused where the device is measured as slow.
        var unary = RawGrpcClient.Frame(
            new EmbedRequest { Inputs = { Sentence(GatedServer.HeldText) } }.ToByteArray());
        var stream = RawGrpcClient.Frame(new EmbedStreamRequest { Input = Sentence("late too") }.ToByteArray());

        var (unaryStatus, _) = await raw.CallAsync("Embed", unary, ("grpc-timeout", "300m"));
        var (streamStatus, _) = await raw.CallAsync("EmbedStream", stream, ("grpc-timeout", "300m"));

        Assert.Equal(StatusCode.DeadlineExceeded, unaryStatus);
        Assert.Equal(StatusCode.DeadlineExceeded, streamStatus);
        await server.Server.WhenCallsAsync("Embed", StatusCode.DeadlineExceeded, 1);
        await server.Server.WhenCallsAsync("EmbedStream", StatusCode.DeadlineExceeded, 1);
        Assert.Equal(0, await server.Server.CountCallsAsync("Embed", StatusCode.Cancelled));
        Assert.Equal(0, await server.Server.CountCallsAsync("EmbedStream", StatusCode.Cancelled));
        server.Encoders.Open();
        await held;
    }

    /// <summary>The status is on its way, but not sent, when the call's own error follows it.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Embed_DeadlinePassesAndNothingCanBeSent_HasItsStatusOnce()
    {
        var output = new GatedOutput();
        await using var server = await GatedServer.StartAsync(customise: output.AddTo);
        var held = await server.HoldDeviceAsync();
        using var raw = new RawGrpcClient(server.Server.GrpcAddress);
        var request = new EmbedRequest { Inputs = { Sentence(GatedServer.HeldText) } };

        var call = raw.PostAsync(
            "clipgrpc.v1.ClipService/Embed", Content(request), CancellationToken.None, ("grpc-timeout", "2S"));
        await server.Server.WhenOpenAsync("Embed", 2);
        await HoldOutputAsync(server.Server, raw, output);
        await server.Server.WhenCallsAsync("Embed", StatusCode.DeadlineExceeded, 1);
        output.Open();

        using var response = await call;
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal("4", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Empty(response.TrailingHeaders);
        server.Encoders.Open();
        await held;
    }

    [Theory(Timeout = 120_000)]
    [InlineData("Embed")]
    [InlineData("EmbedStream")]
    public async Task Call_DeadlinePassesDuringTheUpload_IsCountedAsThat(string rpc)
    {
        await using var server = await RunningServer.StartAsync();
        using var raw = new RawGrpcClient(server.GrpcAddress);

        var (status, _) = await raw.CallAsync(
            rpc, new UnfinishedContent([0, 0, 0, 1, 0, 0]), CancellationToken.None, ("grpc-timeout", "300m"));

        Assert.Equal(StatusCode.DeadlineExceeded, status);
        await server.WhenCallsAsync(rpc, StatusCode.DeadlineExceeded, 1);
        var good = new EmbedRequest { Inputs = { Sentence("a cat") } };
        Assert.Single((await server.Clip.EmbedAsync(good, Limited())).Results);
    }

    private static ByteArrayContent Content(IMessage message) => new(RawGrpcClient.Frame(message.ToByteArray()));

    /// <summary>Returns when the connection has something to send.</summary>
    private static async Task HoldOutputAsync(RunningServer server, RawGrpcClient raw, GatedOutput output)
    {
        output.Close(server.GrpcAddress.Port);
        _ = raw.PostAsync(
            "clipgrpc.v1.ModelService/ListModels", Content(new ListModelsRequest()), CancellationToken.None);
        await output.Held.WaitAsync(RunningServer.Limit);
    }

    private static async Task AssertOnlyTheHeldOneRunsAsync(
        GatedServer server, Task<EmbedResponse> held, int before = 0)
    {
        server.Encoders.Open();
        Assert.Single((await held).Results);
        var next = await server.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { ImageInput("cat.jpg"), Sentence("next") } }, Limited());
        Assert.All(next.Results, result => Assert.Equal(128, Values(result).Length));
        Assert.Equal(before + 3, server.ItemsRun);
    }
}
