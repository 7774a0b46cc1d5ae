namespace ClipGrpc.Models.Hub;

/// <summary>A download as log lines: its start, every tenth and its end.</summary>
internal sealed class LogProgress(ILogger logger) : IDownloadProgress
{
    private readonly PercentSteps _steps = new();

    public void Started(string file, long done, long total)
    {
        _steps.Start(file, done, total);
        if (done == 0)
            logger.Fetching(file, HubErrors.Size(total));
        else
            logger.FetchingGoesOn(file, HubErrors.Size(total), HubErrors.Size(done));
    }

    public void Advanced(string file, long done, long total)
    {
        if (_steps.Advance(file, done, total) is { } percent)
            logger.Fetched(file, percent);
    }

    public void Finished(string file, long total) => logger.FileArrived(file);

    public void Waiting(string file) => logger.WaitingForOther(file);

    public void Retrying(string file, string problem, TimeSpan delay) =>
        logger.TryingAgain(file, problem, delay.TotalSeconds);

    public void Damaged(string file, string problem) => logger.FetchingAgain(file, problem);

    public void UsingCache(string model, string commit, string problem) =>
        logger.UsingCachedModel(model, problem, commit);
}
