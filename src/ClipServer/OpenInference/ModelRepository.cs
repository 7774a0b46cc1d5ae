using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Models;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.OpenInference;

/// <summary>
/// The models that can be loaded by name: those that the server is configured with, and those whose source is their
/// name.
/// </summary>
internal sealed class ModelRepository(FacadeEngine engine, ModelChanges changes, IOptions<ModelOptions> configured)
{
    /// <summary>The models that are there, and those that are configured and not loaded.</summary>
    public IReadOnlyList<IndexDescription> List(bool isReadyOnly)
    {
        var loaded = engine.ListModels();
        var models = loaded.Select(Describe).Concat(configured.Value.Models
            .Where(spec => loaded.All(entry => entry.Spec.Name != spec.Name))
            .Select(spec => new IndexDescription(spec.Name, "", "UNAVAILABLE", "unloaded")));
        return [.. models.Where(model => !isReadyOnly || model.State == "READY")];
    }

    /// <summary>One that is loaded already stays as it is.</summary>
    /// <exception cref="ClipException">All errors of loading.</exception>
    public async Task LoadAsync(
        string name, ParameterSet parameters, HttpContext http, CancellationToken cancellationToken)
    {
        CheckName(name);
        foreach (var parameter in parameters.Names)
        {
            if (parameter == "config" || parameter.StartsWith("file:", StringComparison.Ordinal))
                throw parameters.Invalid(Excerpt.Of(parameter), "Requests cannot configure or upload models.");
        }

        if (engine.ListModels().Any(entry => entry.Spec.Name == name && entry.State == ModelState.Ready))
            return;
        if (configured.Value.Models.FirstOrDefault(spec => spec.Name == name) is { } known)
            await changes.LoadAsync(known, http, cancellationToken);
        else
            await LoadNewAsync(name, parameters, http, cancellationToken);
    }

    /// <exception cref="ClipException">NotFound; Unavailable: it is loading or being unloaded.</exception>
    public async Task UnloadAsync(string name, HttpContext http)
    {
        CheckName(name);
        await changes.UnloadAsync(name, http);
    }

    private Task LoadNewAsync(
        string name, ParameterSet parameters, HttpContext http, CancellationToken cancellationToken)
    {
        var source = parameters.FindText("source");
        var precision = parameters.FindText("precision");
        var device = parameters.FindText("device");
        return changes.LoadAsync(
            source is null ? null : name, source ?? name, precision, device, http, cancellationToken);
    }

    private static void CheckName(string name)
    {
        if (name.Length == 0)
            throw InputReader.Invalid("model_name", "The name of the model is missing.");
    }

    private static IndexDescription Describe(ModelEntry entry) => entry.State switch
    {
        ModelState.Ready => new IndexDescription(entry.Spec.Name, InferenceEngine.Version, "READY", ""),
        ModelState.Loading => new IndexDescription(entry.Spec.Name, InferenceEngine.Version, "LOADING", ""),
        ModelState.Draining => new IndexDescription(entry.Spec.Name, InferenceEngine.Version, "UNLOADING", ""),
        ModelState.Restarting => new IndexDescription(
            entry.Spec.Name, InferenceEngine.Version, "UNAVAILABLE", "its device is being restarted"),
        _ => new IndexDescription(entry.Spec.Name, InferenceEngine.Version, "UNAVAILABLE", "it has failed"),
    };
}
