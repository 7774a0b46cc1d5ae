namespace ClipGrpc.Models.Hub;

internal static partial class HubLog
{
    [LoggerMessage(500, LogLevel.Information, "{File}: downloading {Size}.")]
    public static partial void Fetching(this ILogger logger, string file, string size);

    [LoggerMessage(501, LogLevel.Information, "{File}: downloading {Size}, resuming at {Done}.")]
    public static partial void FetchingGoesOn(this ILogger logger, string file, string size, string done);

    [LoggerMessage(502, LogLevel.Information, "{File}: {Percent} % downloaded.")]
    public static partial void Fetched(this ILogger logger, string file, int percent);

    [LoggerMessage(503, LogLevel.Information, "{File}: downloaded and verified.")]
    public static partial void FileArrived(this ILogger logger, string file);

    [LoggerMessage(504, LogLevel.Information, "{File}: waiting for another process that is downloading it.")]
    public static partial void WaitingForOther(this ILogger logger, string file);

    [LoggerMessage(505, LogLevel.Warning, "{What}: {Problem}; retrying in {Seconds:F1} s.")]
    public static partial void TryingAgain(this ILogger logger, string what, string problem, double seconds);

    [LoggerMessage(506, LogLevel.Warning,
        "{Model}: the Hugging Face Hub cannot be reached ({Problem}); using the cached commit {Commit}.")]
    public static partial void UsingCachedModel(this ILogger logger, string model, string problem, string commit);

    [LoggerMessage(507, LogLevel.Warning, "{File} in the cache is damaged ({Problem}); downloading it again.")]
    public static partial void FetchingAgain(this ILogger logger, string file, string problem);
}
