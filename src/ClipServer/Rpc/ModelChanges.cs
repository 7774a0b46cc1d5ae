using ClipGrpc.Models.Catalog;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Health;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Rpc;

/// <summary>Loads and unloads models for callers.</summary>
internal sealed class ModelChanges(
    ModelRegistry models, ModelSourcePolicy sources, DrainState drain, ProcessMemory memory,
    ILogger<ModelChanges> logger)
{
    /// <summary>Loads a model from a source that the caller selects.</summary>
    /// <param name="name">The name, or null to derive it from the source.</param>
    /// <exception cref="ClipException">The source is not permitted, or the model cannot be loaded.</exception>
    public async Task<ModelEntry> LoadAsync(
        string? name, string? source, string? precision, string? device, HttpContext http,
        CancellationToken cancellationToken)
    {
        if (!ModelSpec.TryCreate(name, source, precision, out var spec, out var error))
            throw InputReader.Invalid(error.Field, $"The model {error.Problem}.");

        sources.EnsureAllowed(spec.Source);
        return await LoadAsync(spec with { Device = device }, http, cancellationToken);
    }

    /// <summary>Loads a model that the operator has configured.</summary>
    /// <exception cref="ClipException">The model cannot be loaded.</exception>
    public async Task<ModelEntry> LoadAsync(ModelSpec spec, HttpContext http, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, drain.Closing);
        try
        {
            var entry = await models.LoadAsync(spec, ended.Token);
            memory.Measure();
            logger.ModelLoaded(Caller.Of(http).Name, spec.Name, entry.Running?.Info.Revision ?? "", spec.Source);
            return entry;
        }
        catch (OperationCanceledException) when (drain.Closing.IsCancellationRequested)
        {
            // A load can take minutes, and no caller can wait for a model that is not loaded yet.
            throw StreamStop.ServerStops();
        }
    }

    /// <exception cref="ClipException">NotFound; Unavailable: it is loading or being unloaded.</exception>
    public async Task UnloadAsync(string name, HttpContext http)
    {
        await models.UnloadAsync(name);
        memory.Measure();
        logger.ModelUnloaded(Caller.Of(http).Name, name);
    }
}
