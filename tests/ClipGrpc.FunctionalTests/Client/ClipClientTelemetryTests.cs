using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>The spans and metrics of the client, by the names that its README documents.</summary>
public sealed class ClipClientTelemetryTests : IDisposable
{
    private static readonly ActivitySource Test = new($"{nameof(ClipClientTelemetryTests)}");

    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly List<IDisposable> _listeners = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTexts_OneCall_IsASpanWithAChildPerRpc()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = request => new V1.EmbedResponse
        {
            Model = ScriptedClipService.Model,
            Results = { request.Inputs.Select(input => ScriptedClipService.EmbedOne(input, null)) },
            Timings = new V1.Timings
            {
                QueueUs = 1_500,
                PreprocessUs = 250,
                InferenceUs = 20_000,
                TotalUs = 22_000,
                BatchSize = 2,
            },
        };
        using var client = server.CreateClient();
        using var root = Listen();

        await client.EmbedTextsAsync(["a", "bad"], new EmbedCallOptions { Model = "demo" }, Cancelled);

        Assert.Same(root, Activity.Current);
        var spans = Spans(root);
        var operation = Assert.Single(spans, span => span.ParentSpanId == root.SpanId);
        Assert.Equal(("embeddings demo", ActivityKind.Client), (operation.DisplayName, operation.Kind));
        Assert.Equal(ActivityStatusCode.Unset, operation.Status);
        var port = new Uri(server.Address).Port;
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["gen_ai.operation.name"] = "embeddings",
                ["gen_ai.provider.name"] = "clip-grpc",
                ["gen_ai.request.model"] = "demo",
                ["gen_ai.response.model"] = "demo",
                ["gen_ai.embeddings.dimension.count"] = 3,
                ["gen_ai.usage.input_tokens"] = 3L,
                ["server.address"] = "127.0.0.1",
                ["server.port"] = port,
                ["clipgrpc.model.revision"] = "abc123",
                ["clipgrpc.items"] = 2L,
                ["clipgrpc.items.failed"] = 1L,
                ["clipgrpc.rpcs"] = 1,
                ["clipgrpc.retries"] = 0,
            },
            operation.TagObjects.ToDictionary());

        Assert.Equal(
            ["clipgrpc.v1.ClipService/Embed", "clipgrpc.v1.ModelService/ListModels"],
            spans.Where(span => span.ParentSpanId == operation.SpanId).Select(span => span.DisplayName).Order());
        var embed = Assert.Single(spans, span => span.DisplayName.EndsWith("/Embed", StringComparison.Ordinal));
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["rpc.system"] = "grpc",
                ["rpc.service"] = "clipgrpc.v1.ClipService",
                ["rpc.method"] = "Embed",
                ["rpc.grpc.status_code"] = 0,
                ["server.address"] = "127.0.0.1",
                ["server.port"] = port,
                ["clipgrpc.model.name"] = "demo",
                ["clipgrpc.model.revision"] = "abc123",
                ["clipgrpc.server.queue_time"] = 0.0015,
                ["clipgrpc.server.preprocess_time"] = 0.00025,
                ["clipgrpc.server.inference_time"] = 0.02,
                ["clipgrpc.server.total_time"] = 0.022,
                ["clipgrpc.server.batch_size"] = 2,
            },
            embed.TagObjects.ToDictionary());
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTexts_SplitBatch_HasOneSpanWithAllItsRpcs()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var root = Listen();

        await client.EmbedTextsAsync(Enumerable.Range(0, 10).Select(i => $"text {i}"), cancellationToken: Cancelled);

        var spans = Spans(root);
        var operation = Assert.Single(spans, span => span.ParentSpanId == root.SpanId);
        Assert.Equal("embeddings", operation.DisplayName);
        Assert.Equal((10L, 3), (operation.GetTagItem("clipgrpc.items"), operation.GetTagItem("clipgrpc.rpcs")));
        var rpcs = spans.Where(span => Equals(span.GetTagItem("rpc.method"), "Embed")).ToArray();
        Assert.Equal(3, rpcs.Length);
        Assert.All(rpcs, rpc => Assert.Equal(operation.SpanId, rpc.ParentSpanId));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedText_RetriedRpc_HasASpanPerAttempt()
    {
        await using var server = await ScriptedServer.StartAsync();
        var calls = 0;
        server.Clip.Before = _ => ++calls < 3
            ? throw new RpcException(new Status(StatusCode.Unavailable, "not now"))
            : Task.CompletedTask;
        using var client = server.CreateClient();
        using var root = Listen();

        await client.EmbedTextAsync("a", cancellationToken: Cancelled);

        var spans = Spans(root);
        var operation = Assert.Single(spans, span => span.ParentSpanId == root.SpanId);
        Assert.Equal((1, 2), (operation.GetTagItem("clipgrpc.rpcs"), operation.GetTagItem("clipgrpc.retries")));
        Assert.Equal(ActivityStatusCode.Unset, operation.Status);
        var attempts = spans.Where(span => span.ParentSpanId == operation.SpanId).OrderBy(span => span.StartTimeUtc);
        Assert.Equal(
            [(null, "UNAVAILABLE", 14), (2, "UNAVAILABLE", 14), (3, null, 0)],
            attempts.Select(span => (
                (int?)span.GetTagItem("clipgrpc.attempt"),
                (string?)span.GetTagItem("error.type"),
                (int)span.GetTagItem("rpc.grpc.status_code")!)));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("single")]
    [InlineData("batch")]
    [InlineData("classify")]
    [InlineData("rank")]
    [InlineData("label set")]
    public async Task FailedCall_AnyKind_HasItsStatusOnBothSpans(string kind)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = _ => throw new RpcException(new Status(StatusCode.NotFound, "no such model"));
        using var client = server.CreateClient();
        var image = ClipImage.FromBytes("payload"u8.ToArray());
        var labels = new ClipLabels(["a"]);
        using var root = Listen();

        await Assert.ThrowsAsync<ClipClientException>(() => kind switch
        {
            "single" => client.EmbedTextAsync("a", cancellationToken: Cancelled),
            "batch" => client.EmbedTextsAsync(["a"], cancellationToken: Cancelled),
            "classify" => client.ClassifyAsync([image], labels, cancellationToken: Cancelled),
            "rank" => client.RankAsync("a", ["b"], cancellationToken: Cancelled),
            _ => (Task)client.CreateLabelSetAsync(labels, cancellationToken: Cancelled),
        });

        var spans = Spans(root);
        var operation = Assert.Single(spans, span => span.ParentSpanId == root.SpanId);
        Assert.Equal(ActivityStatusCode.Error, operation.Status);
        Assert.Equal("NOT_FOUND", operation.GetTagItem("error.type"));
        Assert.Contains("no such model", operation.StatusDescription);
        var rpc = Assert.Single(spans, span =>
            span.ParentSpanId == operation.SpanId && !Equals(span.GetTagItem("rpc.method"), "ListModels"));
        Assert.Equal(("NOT_FOUND", 5), (rpc.GetTagItem("error.type"), rpc.GetTagItem("rpc.grpc.status_code")));
    }

    [Fact(Timeout = 30_000)]
    public async Task Streams_ConnectionIsLost_AreOneSpanWithAChildPerConnection()
    {
        await using var server = await ScriptedServer.StartAsync();
        var connections = 0;
        var answer = server.Clip.OnEmbedStream;
        server.Clip.OnEmbedStream = (requests, responses, context) => ++connections == 1
            ? throw new RpcException(new Status(StatusCode.Unavailable, "restarts"))
            : answer(requests, responses, context);
        using var client = server.CreateClient();
        EmbedStreamItem[] items = [new("1", "a"), new("2", "bad")];
        VideoFrame[] frames = [new(1, TimeSpan.Zero, ClipImage.FromBytes("payload"u8.ToArray()))];
        using var root = Listen();

        await client.EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: Cancelled).ToArrayAsync(Cancelled);
        await client.ClassifyVideoAsync(frames.ToAsyncEnumerable(), new ClipLabels(["a"]), cancellationToken: Cancelled)
            .ToArrayAsync(Cancelled);

        var spans = Spans(root);
        var embed = Assert.Single(spans, span => span.DisplayName == "embeddings");
        Assert.Equal(
            (2L, 1L, 1),
            (embed.GetTagItem("clipgrpc.items"), embed.GetTagItem("clipgrpc.items.failed"),
                embed.GetTagItem("clipgrpc.retries")));
        Assert.Equal(
            ["UNAVAILABLE", null],
            spans.Where(span => span.ParentSpanId == embed.SpanId).OrderBy(span => span.StartTimeUtc)
                .Select(span => (string?)span.GetTagItem("error.type")));
        var classify = Assert.Single(spans, span => span.DisplayName == "classify");
        Assert.Equal(1L, classify.GetTagItem("clipgrpc.items"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Metrics_SuccessRetryAndFailure_AreMeasuredWithTheirTags()
    {
        await using var server = await ScriptedServer.StartAsync();
        var calls = 0;
        server.Clip.Before = _ => ++calls switch
        {
            1 => throw new RpcException(new Status(StatusCode.Unavailable, "not now")),
            3 => throw new RpcException(new Status(StatusCode.NotFound, "no such model")),
            _ => Task.CompletedTask,
        };
        using var client = server.CreateClient();
        var measured = Measure(new Uri(server.Address).Port);

        await client.EmbedTextsAsync(["a", "bad", "c"], new EmbedCallOptions { Model = "demo" }, Cancelled);
        await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", new EmbedCallOptions { Model = "none" }, Cancelled));

        var durations = measured.Where(one => one.Name == "gen_ai.client.operation.duration").ToArray();
        Assert.Equal(
            [("demo", "demo", null), ("none", null, "NOT_FOUND")],
            durations.Select(one => (
                one.Tag("gen_ai.request.model"), one.Tag("gen_ai.response.model"), one.Tag("error.type"))));
        Assert.All(durations, one => Assert.Equal("embeddings", one.Tag("gen_ai.operation.name")));
        Assert.All(durations, one => Assert.True(one.Value > 0));
        Assert.Equal(
            [null, "INVALID_ARGUMENT", null],
            measured.Where(one => one.Name == "clipgrpc.client.items").Select(one => one.Tag("error.type")));
        Assert.Equal(
            ["UNAVAILABLE"],
            measured.Where(one => one.Name == "clipgrpc.client.retries").Select(one => one.Tag("error.type")));
    }

    [Fact]
    public void Duration_Buckets_AreThoseOfTheSemanticConventions()
    {
        Assert.Equal("s", ClientTelemetry.Duration.Unit);
        Assert.Equal(
            [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
            ClientTelemetry.Duration.Advice!.HistogramBucketBoundaries!);
    }

    [Fact]
    public void NobodyListens_NothingIsMade()
    {
        Assert.Null(ClientOperation.Start("embeddings", "demo", ServerNames.Unknown, TimeProvider.System));
        Assert.Null(ClientTelemetry.StartRpc(RpcMethod.Embed, null, ServerNames.Unknown, 1));
    }

    [Theory]
    [InlineData("http://clip:1234", "clip", 1234)]
    [InlineData("dns:///clip.internal:50051", "clip.internal", 50051)]
    [InlineData("unix:/run/clip.sock", "/run/clip.sock", null)]
    [InlineData("[::1]:50051", "[::1]", 50051)]
    public void ServerTags_Address_AreItsParts(string address, string host, int? port)
    {
        var names = ServerNames.OfOwnChannel(new ClipClientOptions { Addresses = { address } });

        Assert.Equal((host, port), (names.Address, names.Port));
    }

    [Fact]
    public void ServerTags_SeveralAddresses_AreNone()
    {
        var names = ServerNames.OfOwnChannel(new ClipClientOptions { Addresses = { "http://a:1", "http://b:1" } });

        Assert.Equal((null, null), (names.Address, names.Port));
    }

    private Activity Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is ClipClientTelemetry.Name or nameof(ClipClientTelemetryTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        _listeners.Add(listener);
        return Test.StartActivity("test")!;
    }

    // Other tests of this process are heard too.
    private Activity[] Spans(Activity root) =>
        [.. _stopped.Where(span => span.TraceId == root.TraceId && span.Source.Name == ClipClientTelemetry.Name)];

    private ConcurrentQueue<Measurement> Measure(int port)
    {
        var measured = new ConcurrentQueue<Measurement>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Meter.Name == ClipClientTelemetry.Name)
                    meters.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        _listeners.Add(listener);
        return measured;

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var measurement = new Measurement(instrument.Name, value, tags.ToArray().ToDictionary());
            if (measurement.Tag("server.port") == port.ToString(System.Globalization.CultureInfo.InvariantCulture))
                measured.Enqueue(measurement);
        }
    }

    private sealed record Measurement(string Name, double Value, Dictionary<string, object?> Tags)
    {
        public string? Tag(string name) => Tags.GetValueOrDefault(name)?.ToString();
    }
}
