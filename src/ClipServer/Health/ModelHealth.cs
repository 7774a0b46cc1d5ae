using System.Threading.Channels;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Server.Health;

/// <summary>
/// The statuses that <c>grpc.health.v1</c> answers with. Services: the whole server (the empty name) and
/// <c>clipgrpc.v1.ClipService</c> follow <see cref="SetServer"/>; <c>clipgrpc.v1.ModelService</c> serves while the process does
/// not drain, because it also tells of models that still load; each model is <c>model/NAME</c>. Thread-safe.
/// </summary>
internal sealed class ModelHealth
{
    private const string ServerService = "";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal)
    {
        [ServerService] = ServingStatus.NotServing,
        [ClipServiceName] = ServingStatus.NotServing,
        [ModelServiceName] = ServingStatus.Serving,
    };

    private readonly Dictionary<string, List<Channel<ServingStatus>>> _watchers = new(StringComparer.Ordinal);
    private bool _draining;

    private static string ClipServiceName => V1.ClipService.Descriptor.FullName;

    private static string ModelServiceName => V1.ModelService.Descriptor.FullName;

    /// <summary>The name a model is asked for by.</summary>
    public static string ServiceName(string model) => $"model/{model}";

    /// <summary>Whether the server takes work: true when every configured model is ready.</summary>
    public void SetServer(bool serving)
    {
        SetService(ServerService, ToStatus(serving));
        SetService(ClipServiceName, ToStatus(serving));
    }

    /// <summary>Adds or changes a model. Call it with <see cref="ServingStatus.NotServing"/> while it loads.</summary>
    public void Set(string model, ServingStatus status) => SetService(ServiceName(model), status);

    /// <summary>Forgets a model; who asks for it is told that there is none.</summary>
    public void Remove(string model)
    {
        lock (_lock)
        {
            if (_statuses.Remove(ServiceName(model)))
                Notify(ServiceName(model), ServingStatus.ServiceUnknown);
        }
    }

    /// <summary>Nothing serves from now on, whatever is set later, and those who watch are let go.</summary>
    public void Drain()
    {
        lock (_lock)
        {
            _draining = true;
            foreach (var service in _statuses.Keys.ToList())
                Change(service, ServingStatus.NotServing);
            foreach (var watcher in _watchers.Values.SelectMany(list => list))
                watcher.Writer.TryComplete();
        }
    }

    public ServingStatus? Find(string service)
    {
        lock (_lock)
        {
            return _statuses.TryGetValue(service, out var status) ? status : null;
        }
    }

    /// <summary>The status now and each later one; a slow reader gets the latest only. Ends when the server drains.</summary>
    public ChannelReader<ServingStatus> Watch(string service)
    {
        // Capacity 1, the oldest makes room: only the latest status is of use.
        var channel = Channel.CreateBounded<ServingStatus>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            channel.Writer.TryWrite(_statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown));
            if (_draining)
                channel.Writer.TryComplete();
            else if (_watchers.TryGetValue(service, out var watchers))
                watchers.Add(channel);
            else
                _watchers.Add(service, [channel]);
        }

        return channel.Reader;
    }

    public void Unwatch(string service, ChannelReader<ServingStatus> reader)
    {
        lock (_lock)
        {
            if (!_watchers.TryGetValue(service, out var watchers))
                return;

            watchers.RemoveAll(watcher => watcher.Reader == reader);
            if (watchers.Count == 0)
                _watchers.Remove(service);
        }
    }

    private static ServingStatus ToStatus(bool serving) => serving ? ServingStatus.Serving : ServingStatus.NotServing;

    private void SetService(string service, ServingStatus status)
    {
        lock (_lock)
        {
            Change(service, _draining ? ServingStatus.NotServing : status);
        }
    }

    private void Change(string service, ServingStatus status)
    {
        if (_statuses.TryGetValue(service, out var current) && current == status)
            return;

        _statuses[service] = status;
        Notify(service, status);
    }

    private void Notify(string service, ServingStatus status)
    {
        foreach (var watcher in _watchers.GetValueOrDefault(service, []))
            watcher.Writer.TryWrite(status);
    }
}
