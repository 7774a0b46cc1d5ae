using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using ImageSet = ClipGrpc.LoadTest.Data.ImageSet;
using LoadRequests = ClipGrpc.LoadTest.Data.Requests;
using Texts = ClipGrpc.LoadTest.Data.Texts;

namespace ClipGrpc.FunctionalTests.LoadTest;

/// <summary>The driver against the real server with the demo model.</summary>
public class LoadGeneratorTests(DemoServer server)
{
    private static readonly LoadRequests Requests = new("", ImageSet.Make(64, 48), LoadRequests.DefaultLabels);

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_OpenLoopOfAllWorkloads_CountsEveryCall()
    {
        var mix = Mix.Parse(string.Join(',', Workloads.Names));
        var step = new LoadStep { Rate = 20, Duration = TimeSpan.FromSeconds(1), Deadline = TimeSpan.FromMinutes(4) };

        var results = await RunAsync(mix, step);

        Assert.Equal(Workloads.Names, results.Select(result => result.Name));
        Assert.All(results, result =>
        {
            Assert.Equal(new KeyValuePair<StatusCode, long>(StatusCode.OK, 4), Assert.Single(result.Statuses));
            Assert.Equal(4, result.Latency.TotalCount);
            Assert.True(result.LargestBatch >= 1);
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_OpenLoopHeldUpBeforeItsFirstCall_CountsEveryCall()
    {
        using var connections = new Connections(server.Server.GrpcAddress, 1);
        var time = new HeldUpTime();
        var step = new LoadStep { Rate = 20, Duration = TimeSpan.FromSeconds(1) };

        var run = new LoadGenerator(connections, time).RunAsync(new NoCall(), step, CancellationToken.None);
        while (!run.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        Assert.Equal(20, (await run).Calls);
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_DeadlineInThePast_IsAStatusAndNotAnException()
    {
        var step = new LoadStep { Rate = 10, Duration = TimeSpan.FromSeconds(0.5), Deadline = TimeSpan.FromTicks(1) };

        var results = await RunAsync(Mix.Parse("embed,embed-stream"), step);

        Assert.Equal(5, results.Sum(result => result.Calls));
        Assert.All(results, result => Assert.Equal([StatusCode.DeadlineExceeded], result.Statuses.Keys));
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_UnknownModel_IsAStatusInUnaryCallsAndStreams()
    {
        var step = new LoadStep
        {
            Rate = 10,
            Duration = TimeSpan.FromSeconds(0.5),
            Deadline = TimeSpan.FromMinutes(4),
        };

        // Not on one connection: a write to a stream that ends at this moment may break it.
        var calls = Assert.Single(await RunAsync(Mix.Parse("embed"), step, Requests with { Model = "none" }));
        var stream = Assert.Single(await RunAsync(Mix.Parse("embed-stream"), step, Requests with { Model = "none" }));

        Assert.Equal([StatusCode.NotFound], calls.Statuses.Keys);
        Assert.Equal(5, calls.Calls);
        Assert.Equal(5, stream.Calls);
        Assert.DoesNotContain(StatusCode.OK, stream.Statuses.Keys);
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_ClosedLoop_MeasuresGoodput()
    {
        using var connections = new Connections(server.Server.GrpcAddress, 2);
        var time = new FakeTimeProvider();
        var embed = Workloads.Embed("embed", number => Requests.Embed(number, 1));
        await using var workload = new TimedWorkload(embed, time, TimeSpan.FromMilliseconds(100));
        var step = new LoadStep { Callers = 4, Duration = TimeSpan.FromSeconds(1) };

        var result = await new LoadGenerator(connections, time).RunAsync(workload, step, CancellationToken.None);

        Assert.Equal([StatusCode.OK], result.Statuses.Keys);
        Assert.InRange(result.Calls, 1, 9); // the tenth call ends with the step
        Assert.True(result.Goodput > 0);
        Assert.Equal(result.OkCalls, result.OkItems);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Empty")]
    [InlineData("Echo")]
    public async Task StartAsync_ServerWithoutAModel_AnswersEmbed(string kind)
    {
        var (app, addresses) = await MeasuredHost.StartAsync(
            Enum.Parse<ServerKind>(kind), new Dictionary<string, string?>(), CancellationToken.None);
        await using (app)
        {
            using var connections = new Connections(addresses.Grpc, 1);

            var outcome = await Workloads.Embed("embed", number => Requests.Embed(number, 3))
                .CallAsync(connections[0], 0, null, CancellationToken.None);

            Assert.Equal(StatusCode.OK, outcome.Status);
            Assert.Equal(kind == "Empty" ? 3 : 1, outcome.OkItems);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_ClosedLoopOverHttp_CountsEveryCallAndSendsNoTextTwice()
    {
        using var connections = new Connections(server.Server.GrpcAddress, 1);
        var time = new FakeTimeProvider();
        var texts = new System.Collections.Concurrent.ConcurrentBag<string>();
        var http = new HttpEmbedWorkload("http", server.Server.Http.BaseAddress!, NextText, TimeProvider.System);
        await using var workload = new TimedWorkload(http, time, TimeSpan.FromMilliseconds(100));
        var step = new LoadStep { Callers = 4, Duration = TimeSpan.FromSeconds(1) };

        var result = await new LoadGenerator(connections, time).RunAsync(workload, step, CancellationToken.None);

        Assert.Equal([StatusCode.OK], result.Statuses.Keys);
        Assert.InRange(result.OkItems, 1, texts.Count);
        Assert.Equal(texts.Count, texts.Distinct().Count());

        string NextText()
        {
            var text = Texts.Short();
            texts.Add(text);
            return text;
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true, StatusCode.InvalidArgument)]
    [InlineData(false, StatusCode.Unavailable)]
    public async Task CallAsync_OverHttpThatFails_IsAStatusAndNotAnException(bool isServed, StatusCode expected)
    {
        using var connections = new Connections(server.Server.GrpcAddress, 1);
        using var unused = new System.Net.Sockets.Socket(
            System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        unused.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0)); // which does not listen
        var address = isServed ? server.Server.Http.BaseAddress! : new Uri($"http://{unused.LocalEndPoint}");
        await using var workload = new HttpEmbedWorkload(
            "http", address, () => new string('a', 100_000), TimeProvider.System);

        var outcome = await workload.CallAsync(
            connections[0], 0, TimeProvider.System.GetUtcNow().AddMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal((expected, 0), (outcome.Status, outcome.OkItems));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", "http://127.0.0.1:1/", null)]
    [InlineData("http://127.0.0.1:1/ http://127.0.0.1:2/", "http://127.0.0.1:1/", "http://127.0.0.1:2/")]
    public void Addresses_OfAServerProcess_AreReadFromTheirLine(string line, string grpc, string? http)
    {
        var addresses = ServerAddresses.Parse(line);

        Assert.Equal(new ServerAddresses(new Uri(grpc), http is null ? null : new Uri(http)), addresses);
        Assert.Equal(line, addresses?.ToString());
        Assert.Null(ServerAddresses.Parse("It failed."));
        Assert.Null(ServerAddresses.Parse(null));
    }

    private async Task<IReadOnlyList<LoadResult>> RunAsync(Mix mix, LoadStep step, LoadRequests? requests = null)
    {
        using var connections = new Connections(server.Server.GrpcAddress, 2);
        var workloads = mix.Names
            .Select(name => Workloads.Create(name, requests ?? Requests, 1, TimeProvider.System)).ToList();
        var results = await new LoadGenerator(connections, TimeProvider.System)
            .RunAsync(workloads, mix, step, CancellationToken.None);
        foreach (var workload in workloads)
            await workload.DisposeAsync();
        return results;
    }

    /// <summary>Its first reader is held up right after it, for longer than from one call to the next.</summary>
    private sealed class HeldUpTime : FakeTimeProvider
    {
        private int _reads;

        public override long GetTimestamp()
        {
            var now = base.GetTimestamp();
            if (Interlocked.Increment(ref _reads) == 1)
                Advance(TimeSpan.FromMilliseconds(60));
            return now;
        }
    }

    private sealed class NoCall : IWorkload
    {
        public string Name => "embed";

        public string Method => "none";

        public Task<CallOutcome> CallAsync(
            ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
            CancellationToken cancellationToken) =>
            Task.FromResult(new CallOutcome(StatusCode.OK, 1, null));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Each call takes a fixed time by the test's clock, however long it takes in truth.</summary>
    private sealed class TimedWorkload(IWorkload inner, FakeTimeProvider time, TimeSpan duration) : IWorkload
    {
        public string Name => inner.Name;

        public string Method => inner.Method;

        public async Task<CallOutcome> CallAsync(
            ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
            CancellationToken cancellationToken)
        {
            var outcome = await inner.CallAsync(client, number, deadline, cancellationToken);
            time.Advance(duration);
            return outcome;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
