using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;
using static ClipGrpc.Tests.TestSupport.Make;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Tests.Functional;

/// <summary>A server that stops answers all that it had accepted and leaves nobody waiting.</summary>
public sealed class StopTests
{
    [Fact(Timeout = 120_000)]
    public async Task Stop_CallsAndStreamsOpen_AnswersWhatItHadAccepted()
    {
        await using var server = await GatedServer.StartAsync();
        using var frames = await OpenFrameStreamAsync(server);
        var held = await server.HoldDeviceAsync();
        var calls = Enumerable.Range(0, 40).Select(i => server.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { i % 4 == 0 ? Picture("cat.jpg") : Sentence($"text {i}") } }, Limited()).ResponseAsync).ToArray();
        using var inputs = server.Clip.EmbedStream(Limited());
        for (var i = 0; i < 5; i++)
        {
            await inputs.RequestStream.WriteAsync(new EmbedStreamRequest { Id = $"{i}", Input = Sentence($"stream {i}") });
            await frames.RequestStream.WriteAsync(
                new ClassifyStreamRequest { Frame = new Frame { FrameId = (ulong)i, Image = Image("rocket.jpg") } });
        }

        await server.Probe.WhenAsync(probe => probe.Waiting == 40 + 5 + 5);
        var watch = new Health.HealthClient(server.Server.Channel).Watch(new HealthCheckRequest(), Limited());
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.Serving, watch.ResponseStream.Current.Status);

        var stop = server.Server.App.StopAsync();
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        server.Encoders.Open();

        await held;
        foreach (var response in await Task.WhenAll(calls)) Assert.Equal(128, Values(response.Results[0]).Length);
        var answered = new List<string>();
        await AssertEndsUnavailableAsync(inputs.ResponseStream, reply =>
        {
            Assert.Equal(128, Values(reply.Result).Length);
            answered.Add(reply.Id);
        });
        Assert.Equal(["0", "1", "2", "3", "4"], answered.Order());
        var classified = new List<ulong>();
        await AssertEndsUnavailableAsync(frames.ResponseStream, reply =>
        {
            Assert.Equal(2, reply.Predictions.Count);
            classified.Add(reply.FrameId);
        });
        Assert.Equal([0ul, 1, 2, 3, 4], classified);
        await stop.WaitAsync(RunningServer.Limit);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stop_IdleStreamsOpen_EndsThemUnavailableAtOnce()
    {
        await using var server = await GatedServer.StartAsync();
        using var frames = await OpenFrameStreamAsync(server);
        using var inputs = server.Clip.EmbedStream(Limited());
        await inputs.RequestStream.WriteAsync(new EmbedStreamRequest { Id = "a", Input = Sentence("a") });
        Assert.True(await inputs.ResponseStream.MoveNext());
        var ends = new[]
        {
            AssertEndsUnavailableAsync(inputs.ResponseStream, _ => Assert.Fail("Nothing was asked.")),
            AssertEndsUnavailableAsync(frames.ResponseStream, _ => Assert.Fail("Nothing was asked.")),
        };

        var stop = server.Server.App.StopAsync();

        await Task.WhenAll(ends);
        await stop.WaitAsync(RunningServer.Limit);
    }

    /// <summary>A stream that was opened and has not sent its first message holds the stop up no more than others.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Stop_StreamsWithoutAFirstMessage_EndsThem()
    {
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Server:ShutdownTimeout"] = "15m" });
        using var inputs = server.Clip.EmbedStream(Limited(TimeSpan.FromMinutes(10)));
        using var frames = server.Clip.ClassifyStream(Limited(TimeSpan.FromMinutes(10)));

        // A later call on the same connection that is answered says that both have come in.
        await server.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("a") } }, Limited());
        var stop = server.Server.App.StopAsync();

        await AssertEndsUnavailableAsync(inputs.ResponseStream, _ => Assert.Fail("Nothing was asked."));
        await AssertEndsUnavailableAsync(frames.ResponseStream, _ => Assert.Fail("Nothing was asked."));
        await stop.WaitAsync(RunningServer.Limit);
    }

    /// <summary>The device hangs: callers are let go when the time for stopping is over.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Stop_DeviceHangs_LetsEveryCallerGo()
    {
        await using var server = await GatedServer.StartAsync(new()
        {
            ["Clip:Server:ShutdownTimeout"] = "2s",
            ["Clip:Batching:ShutdownTimeout"] = "1s",
        });
        var held = await server.HoldDeviceAsync();
        var queued = server.Clip.EmbedAsync(new EmbedRequest { Inputs = { Picture("cat.jpg") } }, Limited()).ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);

        var stop = server.Server.App.StopAsync();

        foreach (var call in new[] { held, queued })
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        server.Encoders.Open();
        await stop.WaitAsync(RunningServer.Limit);
    }

    private static async Task<AsyncDuplexStreamingCall<ClassifyStreamRequest, ClassifyStreamResponse>> OpenFrameStreamAsync(
        GatedServer server)
    {
        var call = server.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels("cat", "rocket") } });
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Frame = new Frame { FrameId = 99, Image = Image("cat.jpg") } });
        Assert.True(await call.ResponseStream.MoveNext());
        return call;
    }

    private static async Task AssertEndsUnavailableAsync<T>(IAsyncStreamReader<T> stream, Action<T> onReply)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var reply in stream.ReadAllAsync()) onReply(reply);
        }).WaitAsync(RunningServer.Limit);
        Assert.True(error.StatusCode == StatusCode.Unavailable, error.ToString());
    }
}
