using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Models.Catalog;

/// <summary>Finds the folder of a model's files, and fetches them where they are not on this machine.</summary>
internal sealed class ModelLocator(HubModels hub)
{
    /// <summary>The built-in model lies beside the program.</summary>
    private static string DemoFolder => Path.Combine(AppContext.BaseDirectory, "models", ModelCatalog.Demo);

    /// <summary>The Hub model that a source names; null for `demo`, for a folder and for anything else.</summary>
    public static HubModelId? FindHubModel(string source)
    {
        if (source == ModelCatalog.Demo || ModelName.LooksLikePath(source) || Directory.Exists(source))
            return null;

        var known = ModelCatalog.Find(source);
        var at = source.IndexOf('@');
        var id = known is null ? source : known.Id + (at < 0 ? "" : source[at..]);
        return HubModelId.TryParse(id, out var model) ? model : null;
    }

    /// <param name="precision">
    /// Which towers to fetch if the model is pre-exported to ONNX and has no checkpoint.
    /// </param>
    /// <exception cref="ClipException">The source means nothing, or the model cannot be fetched.</exception>
    public async Task<string> LocateAsync(
        string source, Precision precision, IDownloadProgress progress, CancellationToken cancellationToken)
    {
        if (source == ModelCatalog.Demo)
        {
            return Directory.Exists(DemoFolder)
                ? DemoFolder
                : throw new ClipException(
                    ClipErrorReason.ModelSourceNotFound,
                    "The demo model comes with the server, not with this program. " + ModelCatalog.Sources);
        }

        if (Directory.Exists(source))
            return Path.GetFullPath(source);

        return FindHubModel(source) is { } model
            ? await hub.FetchAsync(model, precision, progress, cancellationToken)
            : throw new ClipException(
                ClipErrorReason.ModelSourceNotFound,
                $"There is no model {CheckpointErrors.Quote(source)}. {ModelCatalog.Sources}");
    }
}
