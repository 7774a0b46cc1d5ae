using System.Net;
using System.Net.Http.Json;
using ClipGrpc.Client;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using static ClipGrpc.TestSupport.Make;
using Ordering = ClipGrpc.V1.Ordering;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Queues of one place: calls are refused with a time to come again, streams are slowed down.</summary>
public sealed class OverloadTests
{
    private static readonly Dictionary<string, string?> TinyQueues = new()
    {
        ["Clip:Batching:QueueCapacity"] = "1",
        ["Clip:Batching:MaxBatchSize"] = "1",
        ["Clip:Preprocess:QueueCapacity"] = "1",
        ["Clip:Preprocess:Threads"] = "1",
    };

    /// <summary>4.3 MiB for messages, which take three times their bytes when they arrive.</summary>
    private static readonly Dictionary<string, string?> SmallBudget = new()
    {
        ["Clip:Limits:MemoryBudget"] = "11534336",
        ["Clip:Server:MaxMessageBytes"] = "1048576",
    };

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Embed_QueueFull_IsResourceExhaustedWithATimeToRetry(bool image)
    {
        await using var server = await GatedServer.StartAsync(TinyQueues);
        var held = await server.HoldDeviceAsync();
        var queued = Embed(server, image ? ImageInput("cat.jpg") : Sentence("fills the queue"));
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => Embed(server, image ? ImageInput("rocket.jpg") : Sentence("finds no place")));

        AssertOverloaded(error);
        server.Encoders.Open();
        Assert.Single((await held).Results);
        Assert.Equal(128, Values((await queued).Results[0]).Length);
        Assert.Equal(128, Values((await Embed(server, ImageInput("rocket.jpg"))).Results[0]).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_OneConnectionHasItsShareOfTheQueue_IsRefusedAndAnotherIsServedInTurn()
    {
        await using var server = await GatedServer.StartAsync(new()
        {
            ["Clip:Batching:QueueCapacity"] = "4",
            ["Clip:Batching:MaxBatchSize"] = "1",
            ["Clip:Batching:MaxCallerShare"] = "0.5",
        });
        using var channel = GrpcChannel.ForAddress(server.Server.GrpcAddress);
        var other = new ClipService.ClipServiceClient(channel);
        var held = await server.HoldDeviceAsync();
        List<Task<EmbedResponse>> greedy = [];
        for (var i = 0; i < 2; i++)
        {
            greedy.Add(Embed(server, Sentence($"text {i}")));
            await server.Probe.WhenAsync(probe => probe.Waiting == greedy.Count);
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => Embed(server, Sentence("text 2")));
        var polite = other.EmbedAsync(new EmbedRequest { Inputs = { Sentence("text 3") } }, Limited()).ResponseAsync;
        await server.Probe.WhenAsync(probe => probe.Waiting == 3);

        AssertOverloaded(error);
        Assert.Contains("Clip:Batching:MaxCallerShare", error.Status.Detail);
        server.Encoders.Open();
        foreach (var call in (Task<EmbedResponse>[])[held, .. greedy, polite])
            Assert.Equal(128, Values(Assert.Single((await call).Results)).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_MoreImagesThanWaitForDecoding_IsResourceExhausted()
    {
        await using var server = await RunningServer.StartAsync(new Dictionary<string, string?>(TinyQueues)
        {
            ["Clip:Batching:QueueCapacity"] = "100",
        });
        using var decoderFree = new ManualResetEventSlim();
        var decoderBusy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var busy = server.App.Services.GetRequiredService<PreprocessPool>().RunAsync(
            () =>
            {
                decoderBusy.SetResult();
                return decoderFree.Wait(RunningServer.Limit);
            },
            new WorkContext(WorkPriority.Interactive, null, CancellationToken.None));
        await decoderBusy.Task.WaitAsync(RunningServer.Limit);
        var request = new EmbedRequest { Inputs = { ImageInput("astronaut.jpg") } };

        // One of them waits for the decoder, so that only another one can end now.
        var calls = Enumerable.Range(0, 10)
            .Select(_ => server.Clip.EmbedAsync(request, Limited()).ResponseAsync)
            .ToList();
        var refused = new List<Task<EmbedResponse>>();
        while (refused.Count < 9)
        {
            refused.Add(await Task.WhenAny(calls));
            calls.Remove(refused[^1]);
        }

        foreach (var call in refused)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => call);
            AssertOverloaded(error);
            Assert.Contains("image decoding", error.Status.Detail);
        }

        decoderFree.Set();
        Assert.True(await busy);
        Assert.Equal(128, Values((await Assert.Single(calls)).Results[0]).Length);
        var next = await server.Clip.EmbedAsync(new EmbedRequest { Inputs = { ImageInput("cat.jpg") } }, Limited());
        Assert.Equal(128, Values(next.Results[0]).Length);
    }

    /// <summary>It would be refused however often it came again, so the caller is told the limit instead.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Embed_MoreInputsThanFitTheQueues_IsInvalid()
    {
        await using var server = await RunningServer.StartAsync(TinyQueues);
        var request = new EmbedRequest { Inputs = { Sentence("one"), Sentence("two") } };

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Clip.EmbedAsync(request, Limited()));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("at most 1 ", error.Status.Detail);
        var models = await server.Models.ListModelsAsync(new ListModelsRequest(), Limited());
        Assert.Equal(1u, models.Limits.MaxInputs);
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_NoMemoryLeft_IsResourceExhaustedAndAStreamWaits()
    {
        await using var server = await GatedServer.StartAsync(new(SmallBudget)
        {
            ["Clip:Limits:MaxMemoryWait"] = "0",
        });
        var image = new Input { Image = Raw(600, 560, 1, 2, 3) }; // 1 MB, and three times as much on arrival
        var held = await server.HoldDeviceAsync();
        var waiting = new[] { Embed(server, image) };
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);
        waiting = [.. waiting, Embed(server, image)];
        await server.Probe.WhenAsync(probe => probe.Waiting == 2);

        var error = await Assert.ThrowsAsync<RpcException>(() => Embed(server, image));

        AssertOverloaded(error);
        using var stream = server.Clip.EmbedStream(Limited());
        var reading = ReadAsync(stream.ResponseStream);
        var writing = stream.RequestStream.WriteAsync(new EmbedStreamRequest { Id = "a", Input = image });
        await server.Server.WhenOpenAsync("EmbedStream");
        Assert.False(writing.IsCompleted); // more than the window of its stream
        server.Encoders.Open();
        await writing;
        await stream.RequestStream.CompleteAsync();
        Assert.Single((await held).Results);
        Assert.All(await Task.WhenAll(waiting), response => Assert.Equal(128, Values(response.Results[0]).Length));
        Assert.Equal(128, Values(Assert.Single(await reading).Result).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_FailedItems_GiveTheirBytesBack()
    {
        await using var server = await RunningServer.StartAsync(SmallBudget);
        byte[] damaged = [0xFF, 0xD8, 0xFF, .. new byte[720_000]]; // one fits its part of the budget, two do not
        for (var i = 0; i < 3; i++)
        {
            var failed = await server.Clip.EmbedAsync(
                new EmbedRequest { Inputs = { new Input { Image = Make.Image(damaged) } } }, Limited());
            Assert.Equal((int)StatusCode.InvalidArgument, Assert.Single(failed.Results).Error.Code);
        }

        var embedded = await server.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { new Input { Image = Raw(600, 400, 1, 2, 3) } } }, Limited());
        Assert.Equal(128, Values(embedded.Results[0]).Length);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Ordering.Completion)]
    [InlineData(Ordering.Input)]
    public async Task EmbedStream_200InputsUnderTheSameLimits_LosesNothing(Ordering ordering)
    {
        await using var server = await RunningServer.StartAsync(TinyQueues);
        var ids = Enumerable.Range(0, 200).Select(i => $"{i}").ToArray();
        var image = new Input { Image = Make.Image(Png(20, 30, SkiaSharp.SKColors.Teal)) };
        using var call = server.Clip.EmbedStream(Limited());
        var reading = ReadAsync(call.ResponseStream);
        await call.RequestStream.WriteAsync(
            new EmbedStreamRequest { Config = new EmbedStreamConfig { Ordering = ordering } });

        foreach (var id in ids)
        {
            await call.RequestStream.WriteAsync(
                new EmbedStreamRequest { Id = id, Input = id.EndsWith('5') ? Sentence($"text {id}") : image });
        }

        await call.RequestStream.CompleteAsync();

        var replies = await reading;
        Assert.All(replies, reply => Assert.Equal(128, Values(reply.Result).Length));
        var answered = replies.Select(reply => reply.Id);
        Assert.Equal(ids, ordering == Ordering.Input ? answered : answered.OrderBy(int.Parse));
    }

    [Fact(Timeout = 120_000)]
    public async Task ClassifyStream_200FramesUnderTheSameLimits_LosesNothing()
    {
        await using var server = await RunningServer.StartAsync(TinyQueues);
        var image = Make.Image(Png(20, 30, SkiaSharp.SKColors.Teal));
        using var call = server.Clip.ClassifyStream(Limited());
        var reading = ReadAsync(call.ResponseStream);
        await call.RequestStream.WriteAsync(
            new ClassifyStreamRequest { Config = new ClassifyStreamConfig { LabelSet = Labels("cat", "rocket") } });

        for (var i = 0; i < 200; i++)
        {
            await call.RequestStream.WriteAsync(
                new ClassifyStreamRequest { Frame = new Frame { FrameId = (ulong)i, Image = image } });
        }

        await call.RequestStream.CompleteAsync();

        var replies = await reading;
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (ulong)i), replies.Select(reply => reply.FrameId));
        Assert.All(replies, reply => Assert.Equal(2, reply.Predictions.Count));
    }

    /// <summary>A set is begun or refused; once begun it takes the places as they come free.</summary>
    [Fact(Timeout = 120_000)]
    public async Task CreateLabelSet_MoreSentencesThanPlaces_IsMade()
    {
        await using var server = await RunningServer.StartAsync(TinyQueues);
        var labels = Enumerable.Range(0, 100).Select(i => $"thing number {i}").ToArray();

        var set = await server.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = Labels(labels) }, Limited());

        Assert.Equal(100u, set.LabelCount);
    }

    [Fact(Timeout = 120_000)]
    public async Task CreateLabelSet_ManySentencesUnderTinyQueues_NeverRefusesItself()
    {
        await using var server = await RunningServer.StartAsync(TinyQueues);
        for (var n = 0; n < 20; n++)
        {
            // The first sentence takes longest to tokenize: it must not find the place taken by its own successors.
            var slow = new string('\uFEFF', 16_000) + $"thing {n}";
            var labels = Enumerable.Range(1, 40).Select(i => $"thing {n} number {i}").Prepend(slow).ToArray();

            var set = await server.Clip.CreateLabelSetAsync(
                new CreateLabelSetRequest { LabelSet = Labels(labels) }, Limited());

            Assert.Equal(41u, set.LabelCount);
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task CreateLabelSet_QueueFull_IsRefusedAtOnce(int count)
    {
        await using var server = await GatedServer.StartAsync(TinyQueues);
        var held = await server.HoldDeviceAsync();
        var waiting = Embed(server, Sentence("label 9")); // of the same length, and so in the same queue
        await server.Probe.WhenAsync(probe => probe.Waiting == 1);
        var labels = Enumerable.Range(0, count).Select(i => $"label {i}").ToArray();

        // The device stays closed: only a refusal can end the call.
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = Labels(labels) }, Limited()));

        AssertOverloaded(error);
        server.Encoders.Open();
        await held;
        await waiting;
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_MessageOverTheLimit_IsNotRetriedByClients()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Clip:Server:MaxMessageBytes"] = "65536" });
        using var client = ClipClient.ForAddress(server.GrpcAddress.ToString());

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(ClipImage.FromBytes(new byte[1_000_000]), cancellationToken: default));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        var metrics = await server.Http.GetStringAsync("/metrics");
        Assert.Contains("clip_requests_total{rpc=\"Embed\",status=\"RESOURCE_EXHAUSTED\"} 1\n", metrics);
    }

    [Fact(Timeout = 120_000)]
    public async Task Call_MoreThanMaxOpenCalls_IsResourceExhaustedWithATimeToRetry()
    {
        await using var server = await GatedServer.StartAsync(new() { ["Clip:Limits:MaxOpenCalls"] = "1" });
        var held = await server.HoldDeviceAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => Embed(server, Sentence("one too many")));

        AssertOverloaded(error);
        using var response = await server.Server.Http.PostAsync(
            "/v1/embeddings", JsonContent.Create(new { model = "demo", input = "one too many" }));
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        server.Encoders.Open();
        Assert.Single((await held).Results);
    }

    [Fact(Timeout = 120_000)]
    public async Task Call_MoreThanMaxCallerCalls_IsRefusedAndOthersAndHealthAreServed()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Clip:Limits:MaxCallerCalls"] = "2" });
        using var first = server.Clip.EmbedStream(Limited());
        using var second = server.Clip.EmbedStream(Limited());
        await server.WhenOpenAsync("EmbedStream", 2);
        var request = new EmbedRequest { Inputs = { Sentence("a cat") } };

        var error = await Assert.ThrowsAsync<RpcException>(
            () => server.Clip.EmbedAsync(request, Limited()).ResponseAsync);

        AssertOverloaded(error);
        var info = error.GetRpcStatus()!.GetDetail<ErrorInfo>();
        Assert.Equal(("CALLER_CALL_LIMIT", "2"), (info.Reason, info.Metadata["limit"]));
        await new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest(), Limited());
        using var other = RunningServer.Connect(server.GrpcAddress);
        Assert.Single((await new ClipService.ClipServiceClient(other).EmbedAsync(request, Limited())).Results);
        await first.RequestStream.CompleteAsync();
        await server.WhenOpenAsync("EmbedStream");
        Assert.Single((await server.Clip.EmbedAsync(request, Limited())).Results);
    }

    [Fact(Timeout = 120_000)]
    public async Task Call_BesideHundredsOfStreamsOfItsConnection_IsServed()
    {
        const int Streams = 300;
        await using var server = await RunningServer.StartAsync();
        var streams = Enumerable.Range(0, Streams).Select(_ => server.Clip.EmbedStream(Limited())).ToArray();
        await server.WhenOpenAsync("EmbedStream", Streams);

        var response = await server.Clip.EmbedAsync(
            new EmbedRequest { Inputs = { Sentence("a cat") } }, Limited());

        Assert.Single(response.Results);
        await new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest(), Limited());
        foreach (var stream in streams)
            stream.Dispose();
    }

    /// <summary>1 MiB is announced, and its memory reserved; two bytes of it come.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("Embed")]
    [InlineData("EmbedStream")]
    public async Task Call_MessageIsNeverCompleted_IsInvalidAndFreesItsMemory(string rpc)
    {
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Clip:Limits:MessageTimeout"] = "1s",
            ["Clip:Limits:MemoryBudget"] = "1073741824",
        });
        using var raw = new RawGrpcClient(server.GrpcAddress);

        var (status, detail) = await raw.CallAsync(
            rpc, new UnfinishedContent([0, 0, 0x10, 0, 0, 0x0a, 0x7f]), CancellationToken.None);

        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Contains("not completed in time", detail);
        await server.WhenCallsAsync(rpc, StatusCode.InvalidArgument, 1);
        var metrics = await server.Http.GetStringAsync("/metrics");
        Assert.Contains("clip_memory_used_bytes{share=\"messages\"} 0\n", metrics);
        Assert.Contains("clip_memory_budget_bytes{share=\"messages\"} 4", metrics);
    }

    [Fact(Timeout = 120_000)]
    public async Task Connect_MoreThanMaxConnections_IsRefusedUntilOneIsClosed()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Clip:Limits:MaxConnections"] = "1" });
        await server.Models.ListModelsAsync(new ListModelsRequest(), Limited());
        using var second = new RawGrpcClient(server.GrpcAddress);

        await Assert.ThrowsAsync<HttpRequestException>(() => second.CallAsync("Embed", []));

        await server.Models.ListModelsAsync(new ListModelsRequest(), Limited());
    }

    private static Task<EmbedResponse> Embed(GatedServer server, Input input) =>
        server.Clip.EmbedAsync(new EmbedRequest { Inputs = { input } }, Limited()).ResponseAsync;

    private static async Task<List<T>> ReadAsync<T>(IAsyncStreamReader<T> stream)
    {
        var replies = new List<T>();
        await foreach (var reply in stream.ReadAllAsync())
            replies.Add(reply);
        return replies;
    }

    private static void AssertOverloaded(RpcException error)
    {
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        var pushback = long.Parse(error.Trailers.GetValue("grpc-retry-pushback-ms")!);
        var status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal((int)StatusCode.ResourceExhausted, status.Code);
        Assert.Equal(error.Status.Detail, status.Message);
        var delay = status.GetDetail<RetryInfo>().RetryDelay.ToTimeSpan();
        Assert.InRange(pushback, 1, 60_000);
        Assert.Equal(Math.Ceiling(delay.TotalMilliseconds), pushback);
    }
}
