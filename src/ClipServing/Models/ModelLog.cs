namespace ClipGrpc.Serving.Models;

/// <summary>Log lines about models: events 200 to 299.</summary>
internal static partial class ModelLog
{
    [LoggerMessage(200, LogLevel.Information, "Model {Model} is loading from {Source}.")]
    public static partial void ModelLoading(this ILogger logger, string model, string source);

    [LoggerMessage(201, LogLevel.Information,
        "Model {Model} is ready after {Seconds:F1} s: {Dimensions} dimensions, {Provider} on {Device}, {Precision}, "
        + "revision {Revision}.")]
    public static partial void ModelReady(
        this ILogger logger, string model, double seconds, int dimensions, string provider, string device,
        string precision, string revision);

    [LoggerMessage(202, LogLevel.Error, "Model {Model} could not be loaded from {Source}: {Problem}")]
    public static partial void ModelRefused(this ILogger logger, string model, string source, string problem);

    [LoggerMessage(203, LogLevel.Debug, "Model {Model} failed to load from {Source}.")]
    public static partial void ModelFailed(this ILogger logger, Exception exception, string model, string source);

    [LoggerMessage(204, LogLevel.Information, "Model {Model} is draining: it accepts no new items.")]
    public static partial void ModelDraining(this ILogger logger, string model);

    [LoggerMessage(205, LogLevel.Information, "Model {Model} is unloaded.")]
    public static partial void ModelUnloaded(this ILogger logger, string model);

    [LoggerMessage(206, LogLevel.Error,
        "Model {Model} has failed permanently. Load it again or restart the server.")]
    public static partial void ModelFailedForGood(this ILogger logger, string model);

    [LoggerMessage(207, LogLevel.Information,
        "Model {Model}: files {Files:F2} s, weights {Weights:F2} s, sessions {Sessions:F2} s, warm-up {WarmUp:F2} s.")]
    public static partial void ModelPhases(
        this ILogger logger, string model, double files, double weights, double sessions, double warmUp);

    [LoggerMessage(208, LogLevel.Warning,
        "Model {Model}: the load was canceled but is still running; its resources are freed when it ends.")]
    public static partial void LoadAbandoned(this ILogger logger, string model);
}
