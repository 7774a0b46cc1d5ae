using ClipGrpc.Models.Catalog;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Serving.Models;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Loads the configured models while the server already answers probes. A model that cannot be loaded ends the server:
/// an operator who named it wants it served, not missed.
/// </summary>
internal sealed class ModelStartup(
    ModelRegistry models, IOptions<ModelOptions> options, ProcessMemory memory, StartupAnnouncer announcer,
    FasterPrecision faster, ProcessExit exit, IHostApplicationLifetime lifetime,
    ILogger<ModelStartup> logger) : BackgroundService
{
    private readonly ModelSpec[] _specs =
        [.. options.Value.Models.Select(model => new ModelSpec(model.Name, model.Source))];

    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when every configured model serves, or with what kept one from it.</summary>
    public Task Loaded => _loaded.Task;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        models.Announce(_specs);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loaded = new List<ModelInfo>();
        foreach (var spec in _specs)
        {
            try
            {
                loaded.Add((await models.LoadAnnouncedAsync(spec, stoppingToken)).Running!.Info);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // Stopped while loading: whatever that did to the load is no failure of the model.
                _loaded.TrySetCanceled(stoppingToken);
                return;
            }
            catch (Exception exception)
            {
                var why = StartupGuard.Describe(exception);
                logger.ModelRefused(spec.Name, spec.Source, why);
                logger.ModelFailed(exception, spec.Name, spec.Source);
                exit.FailStart($"Model {spec.Name} could not be loaded from {spec.Source}: {why}");
                _loaded.TrySetException(exception);
                lifetime.StopApplication();
                return;
            }
        }

        memory.Measure();
        announcer.Announce([.. loaded.Select(ToStartupModel)]);
        faster.Announce(loaded);
        _loaded.TrySetResult();
    }

    private static StartupModel ToStartupModel(ModelInfo info) => new(
        info.Name, info.Config.EmbeddingDimensions, info.Config.Image.Size, info.Provider, info.Device, info.Precision,
        "ready");
}
