using System.Threading.Channels;
using ClipGrpc.Server.Health;
using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Tests.Telemetry;

public sealed class ModelHealthTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly ModelHealth _health = new();

    [Fact(Timeout = 30_000)]
    public async Task Check_AtTheStart_ServesModelsOnly()
    {
        Assert.Equal(ServingStatus.NotServing, await FindAsync(""));
        Assert.Equal(ServingStatus.NotServing, await FindAsync("clipgrpc.v1.ClipService"));
        Assert.Equal(ServingStatus.Serving, await FindAsync("clipgrpc.v1.ModelService"));
        Assert.Null(await FindAsync("model/demo"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Check_UnknownService_NamesIt()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            () => _health.Check(new HealthCheckRequest { Service = "model/other" }, CreateContext()));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Contains("'model/other'", error.Status.Detail);
    }

    [Fact(Timeout = 30_000)]
    public async Task SetServer_Serving_CoversServerAndClipService()
    {
        _health.SetServer(true);

        Assert.Equal(ServingStatus.Serving, await FindAsync(""));
        Assert.Equal(ServingStatus.Serving, await FindAsync("clipgrpc.v1.ClipService"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Watch_SeveralChanges_GivesEachInOrder()
    {
        using var watch = Watch("model/demo");
        Assert.Equal(ServingStatus.ServiceUnknown, await watch.NextAsync());

        _health.Set("demo", ServingStatus.NotServing);
        _health.Set("demo", ServingStatus.Serving);
        Assert.Equal(ServingStatus.NotServing, await watch.NextAsync());
        Assert.Equal(ServingStatus.Serving, await watch.NextAsync());

        _health.Set("demo", ServingStatus.Serving);
        _health.Remove("demo");
        Assert.Equal(ServingStatus.ServiceUnknown, await watch.NextAsync());
        Assert.Null(await FindAsync("model/demo"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Watch_CallerGone_EndsAndWritesNoMore()
    {
        using var watch = Watch("");
        await watch.NextAsync();

        await watch.LeaveAsync();
        _health.SetServer(true);

        Assert.False(watch.HasNext);
    }

    [Fact(Timeout = 30_000)]
    public async Task Watch_StreamFails_IsForgotten()
    {
        using var watch = Watch("");
        await watch.NextAsync();

        watch.Break();
        _health.SetServer(true);

        await Assert.ThrowsAsync<IOException>(() => watch.Completion.WaitAsync(Limit));
        _health.SetServer(false);
        Assert.False(watch.HasNext);
    }

    [Fact(Timeout = 30_000)]
    public async Task Drain_EverythingSet_StopsServingForGood()
    {
        _health.SetServer(true);
        _health.Set("demo", ServingStatus.Serving);
        using var watch = Watch("model/demo");
        await watch.NextAsync();

        _health.Drain();
        _health.SetServer(true);
        _health.Set("demo", ServingStatus.Serving);
        _health.Set("late", ServingStatus.Serving);

        string[] services =
            ["", "clipgrpc.v1.ClipService", "clipgrpc.v1.ModelService", "model/demo", "model/late"];
        foreach (var service in services)
            Assert.Equal(ServingStatus.NotServing, await FindAsync(service));
        Assert.Equal(ServingStatus.NotServing, await watch.NextAsync());
        await watch.Completion.WaitAsync(Limit);
        using var later = Watch("");
        Assert.Equal(ServingStatus.NotServing, await later.NextAsync());
        await later.Completion.WaitAsync(Limit);
    }

    private static TestCallContext CreateContext(CancellationToken cancellationToken = default) =>
        new("/grpc.health.v1.Health/Check", DateTime.MaxValue, cancellationToken);

    private async Task<ServingStatus?> FindAsync(string service)
    {
        try
        {
            return (await _health.Check(new HealthCheckRequest { Service = service }, CreateContext())).Status;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private Watcher Watch(string service) => new(_health, service);

    /// <summary>A call that watches, and what it was sent.</summary>
    private sealed class Watcher : IServerStreamWriter<HealthCheckResponse>, IDisposable
    {
        private readonly Channel<ServingStatus> _sent = Channel.CreateUnbounded<ServingStatus>();
        private readonly CancellationTokenSource _caller = new();
        private volatile bool _isBroken;

        public Watcher(ModelHealth health, string service) => Completion = health.Watch(
            new HealthCheckRequest { Service = service }, this, CreateContext(_caller.Token));

        public Task Completion { get; }

        public bool HasNext => _sent.Reader.TryPeek(out _);

        public WriteOptions? WriteOptions { get; set; }

        public Task<ServingStatus> NextAsync() => _sent.Reader.ReadAsync().AsTask().WaitAsync(Limit);

        public async Task LeaveAsync()
        {
            await _caller.CancelAsync();
            await Completion.WaitAsync(Limit);
        }

        public void Break() => _isBroken = true;

        public Task WriteAsync(HealthCheckResponse message) => _isBroken
            ? Task.FromException(new IOException("The stream is broken."))
            : _sent.Writer.WriteAsync(message.Status).AsTask();

        public void Dispose() => _caller.Dispose();
    }
}
