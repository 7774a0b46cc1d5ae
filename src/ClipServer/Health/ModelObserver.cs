using System.Collections.Concurrent;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving.Models;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.Server.Health;

/// <summary>Tells logs, health and metrics what becomes of the models.</summary>
internal sealed class ModelObserver(
    ModelHealth health, ClipMetrics metrics, TimeProvider time, ILogger<ModelObserver> logger) : IModelObserver
{
    private readonly ConcurrentDictionary<string, long> _loadingSince = new();

    public void Changed(ModelRequest request, ModelState state, VariantDescription? description, bool serverReady)
    {
        health.Set(request.Name, state == ModelState.Ready ? ServingStatus.Serving : ServingStatus.NotServing);
        health.SetServer(serverReady);
        switch (state)
        {
            case ModelState.Loading:
                _loadingSince[request.Name] = time.GetTimestamp();
                logger.ModelLoading(request.Name, request.Source);
                break;
            case ModelState.Ready:
                _loadingSince.TryRemove(request.Name, out var since);
                metrics.ModelLoaded(request.Name, description!.Provider, description.Precision);
                logger.ModelReady(
                    request.Name, time.GetElapsedTime(since).TotalSeconds, description.Config.EmbeddingDimensions,
                    description.Provider, description.Precision, description.Revision);
                break;
            case ModelState.Draining:
                logger.ModelDraining(request.Name);
                break;
            case ModelState.Failed:
                metrics.ModelUnloaded(request.Name, description!.Provider, description.Precision);
                logger.ModelFailedForGood(request.Name);
                break;
        }
    }

    public void Removed(ModelRequest request, VariantDescription? description, bool serverReady)
    {
        health.Remove(request.Name);
        health.SetServer(serverReady);
        _loadingSince.TryRemove(request.Name, out _);
        if (description is null)
            return;

        metrics.ModelUnloaded(request.Name, description.Provider, description.Precision);
        logger.ModelUnloaded(request.Name);
    }
}
