using System.Globalization;
using System.Net;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Checkpoints;

namespace ClipGrpc.Models.Hub;

/// <summary>The words for what can go wrong with a download: what happened and what the user can do.</summary>
internal static class HubErrors
{
    private const string ErrorCodeHeader = "X-Error-Code";

    /// <param name="file">The file asked for; null where it was the model's description.</param>
    public static ClipException Refused(
        HubOptions options, HubModelId model, string? file, HttpResponseMessage response)
    {
        var code = response.Headers.TryGetValues(ErrorCodeHeader, out var codes) ? codes.First() : "";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => NotAllowed(options, model, code),
            HttpStatusCode.NotFound => new ClipException(
                ClipErrorReason.ModelSourceNotFound, NotFoundText(options, model, file, code)),
            _ => new ClipException(
                ClipErrorReason.ModelSourceUnavailable,
                $"{options.Endpoint.Host} returned status {(int)response.StatusCode} for "
                + $"{Name(model, file)}."),
        };
    }

    public static ClipException GaveUp(
        HubOptions options, HubModelId model, string? file, HubTransientException error) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"{Name(model, file)} could not be downloaded from {options.Endpoint.Host}: {error.Message}. "
        + "The downloaded part is kept; the next attempt resumes it.",
        error);

    public static ClipException Offline(HubOptions options, HubModelId model) => new(
        ClipErrorReason.ModelSourceNotFound,
        $"{model} is not in the cache, and {HubOptions.OfflineVariable} forbids requests to the Hugging Face Hub. "
        + $"Unset it, or download the model with `clip pull {model}` on another machine and copy the cache "
        + $"({options.CacheFolder}).");

    public static ClipException OfflineRepair(HubModelId model) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"{model} cannot be repaired, because {HubOptions.OfflineVariable} forbids requests to the Hugging Face Hub. "
        + "Unset it.");

    public static ClipException NoWeights(HubModelId model) => new(
        ClipErrorReason.ModelSourceNotFound,
        $"{model} has no weights that can be served: none of {string.Join(", ", CheckpointFiles.Weights)}, "
        + $"and no pre-exported ONNX model ({PreExportedLayout.Wanted}).");

    public static ClipException WrongHash(HubModelId model, HubFile file) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"{Name(model, file.Name)} was downloaded with the wrong content: its hash is not {file.Hash}. It was deleted; "
        + "try again, and check proxies and mirrors if it happens again.");

    public static ClipException WrongSize(HubModelId model, HubFile file) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"{Name(model, file.Name)} is longer than the {file.Size} bytes that the Hugging Face Hub reported. It was "
        + "deleted.");

    public static ClipException NotTheHub(HubOptions options, HubModelId model, string? file, string problem) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"{options.Endpoint.Host} returned a response for {Name(model, file)} that is not that of the Hugging Face "
        + $"Hub: {problem}. Check HF_ENDPOINT and any proxy.");

    public static ClipException Damaged(string file, string problem) => new(
        ClipErrorReason.InvalidModel,
        $"{file} in the Hugging Face Hub cache is damaged: {problem}. `clip verify --repair` downloads it again; "
        + "then load the model again.");

    public static string WrongContent(long bytes, BlobHash expected) =>
        $"its content ({bytes} bytes) does not match its hash {expected}";

    public static ClipException NotCached(HubModelId model, string cacheFolder) => new(
        ClipErrorReason.ModelSourceNotFound,
        $"{model} is not in the cache ({cacheFolder}). `clip models --cached` lists the cached models.");

    public static ClipException BeingFetched(string id) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"{id} is being fetched by another process. Try again when it has ended; nothing was removed.");

    public static ClipException OneTower(HubModelId model) => new(
        ClipErrorReason.ModelSourceNotFound,
        $"{model} has the weights of one tower only, not of a complete CLIP model; "
        + "choose a model with both an image and a text tower.");

    public static ClipException NoSpace(
        string folder, string file, long needed, long? free, Exception? cause = null) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"Not enough disk space for {file}: {Size(needed)} are needed in {folder}"
        + (free is { } bytes ? $" and {Size(bytes)} are free. " : ". ")
        + "Free disk space, or set HF_HUB_CACHE to another folder.",
        cause);

    public static ClipException CacheUnusable(string path, Exception cause) => new(
        ClipErrorReason.ModelSourceUnavailable,
        $"The cache cannot be used at {path}: {cause.Message} Set HF_HUB_CACHE to another folder.",
        cause);

    /// <summary>Bytes in the unit that a person would choose, decimal as disks are sold.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };

    public static string Name(HubModelId model, string? file) => file is null ? model.ToString() : $"{file} of {model}";

    // The public Hub answers 401 for a model that does not exist, so as not to tell which private ones do.
    private static ClipException NotAllowed(HubOptions options, HubModelId model, string code)
    {
        var page = $"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{model.Id}";
        var reason = code == "GatedRepo"
            ? $"{model} is gated: accept its conditions at {page}"
            : $"The Hugging Face Hub does not list {model}: it does not exist, or is private or gated. "
                + $"Check the name at {page}";
        var advice = options.Token is null
            ? $"then set {HubOptions.TokenVariable} to a token of an account that can read it."
            : $"and check that the token in use ({HubOptions.TokenVariable} or the token file) is valid "
                + "and its account can read it.";
        return new ClipException(ClipErrorReason.ModelSourceDenied, $"{reason}, {advice}");
    }

    private static string NotFoundText(HubOptions options, HubModelId model, string? file, string code)
    {
        if (file is not null)
            return $"{options.Endpoint.Host} has no file {file} in {model}.";
        if (code == "RevisionNotFound")
            return $"{model.Id} has no branch, tag or commit {model.Revision}.";

        var what = model.Revision == HubModelId.DefaultRevision
            ? $"no model {model.Id}"
            : $"no model {model.Id}, or the model has no branch, tag or commit {model.Revision}";
        return $"{options.Endpoint.Host} has {what}. {ModelCatalog.Sources}";
    }
}
