using System.Net;
using System.Net.Http.Json;
using ClipGrpc.Server.Hosting;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static ClipGrpc.TestSupport.Make;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A server that stops answers all that it had accepted and leaves nobody waiting.</summary>
public sealed class StopTests
{
    private const string Stops = "The server is shutting down.";

    [Fact(Timeout = 120_000)]
    public async Task Stop_CallsAndStreamsOpen_AnswersWhatItHadAccepted()
    {
        await using var server = await GatedServer.StartAsync();
        using var frames = await OpenFrameStreamAsync(server);
        var held = await server.HoldDeviceAsync();
        var calls = Enumerable.Range(0, 40)
            .Select(i => i % 4 == 0 ? ImageInput("cat.jpg") : Sentence($"text {i}"))
            .Select(input => server.Clip.EmbedAsync(new EmbedRequest { Inputs = { input } }, Limited()).ResponseAsync)
            .ToArray();
        using var inputs = server.Clip.EmbedStream(Limited());
        for (var i = 0; i < 5; i++)
        {
            await inputs.RequestStream.WriteAsync(
                new EmbedStreamRequest { Id = $"{i}", Input = Sentence($"stream {i}") });
            await frames.RequestStream.WriteAsync(
                new ClassifyStreamRequest { Frame = new Frame { FrameId = (ulong)i, Image = Image("rocket.jpg") } });
        }

        await server.Probe.WhenAsync(probe => probe.Waiting == 40 + 5 + 5);
        using var watch = new Health.HealthClient(server.Server.Channel).Watch(new HealthCheckRequest(), Limited());
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.Serving, watch.ResponseStream.Current.Status);
        var answered = ReadToTheStopAsync(inputs.ResponseStream);
        var classified = ReadToTheStopAsync(frames.ResponseStream);

        var stop = server.Server.App.StopAsync();
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        server.Encoders.Open();

        Assert.Single((await held).Results);
        foreach (var response in await Task.WhenAll(calls))
            Assert.Equal(128, Values(response.Results[0]).Length);
        Assert.Equal(["0", "1", "2", "3", "4"], (await answered).Select(reply => reply.Id).Order());
        Assert.All(await answered, reply => Assert.Equal(128, Values(reply.Result).Length));
        Assert.Equal([0ul, 1, 2, 3, 4], (await classified).Select(reply => reply.FrameId));
        Assert.All(await classified, reply => Assert.Equal(2, reply.Predictions.Count));
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
        var answered = ReadToTheStopAsync(inputs.ResponseStream);
        var classified = ReadToTheStopAsync(frames.ResponseStream);

        var stop = server.Server.App.StopAsync();

        Assert.Empty(await answered);
        Assert.Empty(await classified);
        await stop.WaitAsync(RunningServer.Limit);
    }

    /// <summary>
    /// An open stream that has not sent its first message delays the stop no more than other streams do.
    /// </summary>
    [Fact(Timeout = 120_000)]
    public async Task Stop_StreamsWithoutAFirstMessage_EndsThem()
    {
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Server:ShutdownTimeout"] = "15m" });
        using var inputs = server.Clip.EmbedStream(Limited(TimeSpan.FromMinutes(10)));
        using var frames = server.Clip.ClassifyStream(Limited(TimeSpan.FromMinutes(10)));

        // A later call on the same connection that is answered says that both have come in.
        await server.Clip.EmbedAsync(new EmbedRequest { Inputs = { Sentence("a") } }, Limited());
        var answered = ReadToTheStopAsync(inputs.ResponseStream);
        var classified = ReadToTheStopAsync(frames.ResponseStream);

        var stop = server.Server.App.StopAsync();

        Assert.Empty(await answered);
        Assert.Empty(await classified);
        await stop.WaitAsync(RunningServer.Limit);
    }

    /// <summary>
    /// The device hangs: every caller is told when the time for stopping is over, wherever its call is, and nobody sees
    /// a broken connection.
    /// </summary>
    [Fact(Timeout = 120_000)]
    public async Task Stop_DeviceHangs_AnswersEveryCallerUnavailableAndCountsThem()
    {
        var log = new LogRecorder();
        await using var server = await GatedServer.StartAsync(
            new()
            {
                ["Clip:Server:ShutdownTimeout"] = "1s",
                ["Clip:Batching:ShutdownTimeout"] = "1s",
                ["Clip:Batching:QueueCapacity"] = "3",
                ["Clip:Batching:MaxBatchSize"] = "1",
                ["Logging:LogLevel:Default"] = "Warning",
            },
            builder => builder.Logging.AddProvider(log));
        var held = await server.HoldDeviceAsync();
        var queued = server.Clip.EmbedAsync(new EmbedRequest { Inputs = { ImageInput("cat.jpg") } }, Limited())
            .ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);
        using var stream = server.Clip.EmbedStream(Limited());
        for (var i = 0; i < 3; i++) // the last one waits for room
        {
            await stream.RequestStream.WriteAsync(
                new EmbedStreamRequest { Id = $"{i}", Input = Sentence($"text {i}") });
        }

        await server.Probe.WhenAsync(probe => probe.Waiting == 3); // the image, and a caller's share of texts
        var streamed = ReadToTheStopAsync(stream.ResponseStream);
        using var raw = new RawGrpcClient(server.Server.GrpcAddress);
        var unfinished = new UnfinishedContent([0, 0, 0, 1, 0, 0]);
        var read = raw.CallAsync("Embed", unfinished, CancellationToken.None);
        await unfinished.Started.WaitAsync(RunningServer.Limit);
        await server.Server.WhenOpenAsync("Embed", 3);
        var http = server.Server.Http.PostAsJsonAsync(
            "/v1/embeddings", new { model = "demo", input = "text of a caller over HTTP" });
        await server.Server.WhenOpenAsync("OpenAiEmbeddings");

        var stop = server.Server.App.StopAsync();

        foreach (var call in new[] { held, queued })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(RunningServer.Limit));
            Assert.Equal((StatusCode.Unavailable, Stops), (error.StatusCode, error.Status.Detail));
        }

        Assert.Equal((StatusCode.Unavailable, Stops), await read.WaitAsync(RunningServer.Limit));
        Assert.Empty(await streamed);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.WaitAsync(RunningServer.Limit)).StatusCode);
        await stop.WaitAsync(RunningServer.Limit);
        server.Encoders.Open();
        Assert.Contains(
            log.Records, record => record.Text.StartsWith("5 calls are still open after the shutdown timeout"));
        Assert.Equal(ExitCodes.CallsLeft, server.Server.App.Services.GetRequiredService<ProcessExit>().Code);
    }

    private static async Task<AsyncDuplexStreamingCall<ClassifyStreamRequest, ClassifyStreamResponse>>
        OpenFrameStreamAsync(GatedServer server)
    {
        var call = server.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels("cat", "rocket") } });
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Frame = new Frame { FrameId = 99, Image = Image("cat.jpg") } });
        Assert.True(await call.ResponseStream.MoveNext());
        return call;
    }

    /// <summary>
    /// The replies until the stream ends, which must be as UNAVAILABLE. Begins to read before the server stops: .NET's
    /// HTTP client forgets a status that it has received and nobody has read when the connection closes after it.
    /// </summary>
    private static async Task<List<T>> ReadToTheStopAsync<T>(IAsyncStreamReader<T> stream)
    {
        var replies = new List<T>();
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var reply in stream.ReadAllAsync())
                replies.Add(reply);
        }).WaitAsync(RunningServer.Limit);
        Assert.True(error.StatusCode == StatusCode.Unavailable, error.ToString());
        Assert.Equal(Stops, error.Status.Detail);
        return replies;
    }
}
