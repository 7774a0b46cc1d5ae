using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Server.Health;

/// <summary>
/// The service <c>grpc.health.v1.Health</c>. Names: the whole server (the empty name) and
/// <c>clipgrpc.v1.ClipService</c> follow <see cref="SetServer"/>; <c>clipgrpc.v1.ModelService</c> serves until the
/// server drains, because it also lists models that still load; each model is <c>model/NAME</c>. Thread-safe.
/// </summary>
internal sealed class ModelHealth : HealthServiceImpl
{
    private const string ServerService = "";

    // Holds nothing that needs disposal: no timer, no handle.
    private readonly CancellationTokenSource _draining = new();

    // The library stores a status and notifies watchers in two steps; the lock keeps both in one order.
    private readonly Lock _lock = new();
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);

    public ModelHealth()
    {
        SetServer(false);
        SetService(ModelServiceName, ServingStatus.Serving);
    }

    private static string ClipServiceName => V1.ClipService.Descriptor.FullName;

    private static string ModelServiceName => V1.ModelService.Descriptor.FullName;

    /// <summary>The name under which a model's health is reported.</summary>
    public static string ServiceName(string model) => $"model/{model}";

    /// <summary>Whether the server takes work: true when every configured model is ready.</summary>
    public void SetServer(bool serving)
    {
        var status = serving ? ServingStatus.Serving : ServingStatus.NotServing;
        SetService(ServerService, status);
        SetService(ClipServiceName, status);
    }

    /// <summary>Adds or changes a model. Call it with <see cref="ServingStatus.NotServing"/> while it loads.</summary>
    public void Set(string model, ServingStatus status) => SetService(ServiceName(model), status);

    /// <summary>Removes a model: its name is unknown from now on.</summary>
    public void Remove(string model)
    {
        lock (_lock)
        {
            _services.Remove(ServiceName(model));
            ClearStatus(ServiceName(model));
        }
    }

    /// <summary>Nothing serves from now on, whatever is set later. Watchers are told, then their calls end.</summary>
    public void Drain()
    {
        lock (_lock)
        {
            foreach (var service in _services)
                SetStatus(service, ServingStatus.NotServing);
            _draining.Cancel();
        }
    }

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        try
        {
            return await base.Check(request, context);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            throw new RpcException(new Status(
                StatusCode.NotFound, $"There is no service '{Excerpt.Of(request.Service)}' here."));
        }
    }

    /// <summary>
    /// Ends when the server drains. The ASP.NET Core integration of the library would end it when the host begins to
    /// stop, which after a signal is before anything could report that the server no longer serves.
    /// </summary>
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        try
        {
            var watch = base.Watch(request, responseStream, new WatchContext(context, ending.Token));

            // Not linked before: the library sends nothing on a token that is already cancelled, and whoever begins to
            // watch a server that drains must be told.
            using var drained = _draining.Token.Register(ending.Cancel);
            await watch;
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            // The caller has stopped watching; that is how a watch ends.
        }
        finally
        {
            // The library forgets a watcher by its token only, also one whose stream has failed.
            await ending.CancelAsync();
        }
    }

    private void SetService(string service, ServingStatus status)
    {
        lock (_lock)
        {
            _services.Add(service);
            SetStatus(service, _draining.IsCancellationRequested ? ServingStatus.NotServing : status);
        }
    }
}
