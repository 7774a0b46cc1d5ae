using System.Collections.Concurrent;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving.Models;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Server.Health;

/// <summary>Tells logs, health and metrics what becomes of the models.</summary>
internal sealed class ModelObserver(
    ModelHealth health, ClipMetrics metrics, TimeProvider time, ILogger<ModelObserver> logger) : IModelObserver
{
    private readonly ConcurrentDictionary<string, long> _loadingSince = new();

    public void Changed(ModelSpec spec, ModelState state, ModelInfo? info, bool serverReady)
    {
        var status = state == ModelState.Ready ? ServingStatus.Serving : ServingStatus.NotServing;
        SetHealth(serverReady, () => health.Set(spec.Name, status));
        switch (state)
        {
            case ModelState.Loading:
                _loadingSince[spec.Name] = time.GetTimestamp();
                logger.ModelLoading(spec.Name, spec.Source);
                break;
            case ModelState.Ready:
                _loadingSince.TryRemove(spec.Name, out var since);
                metrics.ModelLoaded(spec.Name, info!.Provider, info.Device, info.Precision);
                logger.ModelReady(
                    spec.Name, time.GetElapsedTime(since).TotalSeconds, info.Config.EmbeddingDimensions,
                    info.Provider, info.Device, info.Precision, info.Revision);
                break;
            case ModelState.Restarting:
                _loadingSince[spec.Name] = time.GetTimestamp();
                metrics.ModelUnloaded(spec.Name, info!.Provider, info.Device, info.Precision);
                break;
            case ModelState.Draining:
                logger.ModelDraining(spec.Name);
                break;
            case ModelState.Failed:
                metrics.ModelUnloaded(spec.Name, info!.Provider, info.Device, info.Precision);
                logger.ModelFailedForGood(spec.Name);
                break;
        }
    }

    public void Removed(ModelSpec spec, ModelInfo? info, bool serverReady)
    {
        SetHealth(serverReady, () => health.Remove(spec.Name));
        _loadingSince.TryRemove(spec.Name, out _);
        if (info is null)
            return;

        metrics.ModelUnloaded(spec.Name, info.Provider, info.Device, info.Precision);
        logger.ModelUnloaded(spec.Name);
    }

    /// <summary>
    /// The server is reported as serving only while its models are: a watcher of a model that reads the server's health
    /// next must not get the one of before.
    /// </summary>
    private void SetHealth(bool serverReady, Action setModel)
    {
        if (!serverReady)
            health.SetServer(false);
        setModel();
        if (serverReady)
            health.SetServer(true);
    }
}
