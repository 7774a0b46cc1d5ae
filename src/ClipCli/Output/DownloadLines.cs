using System.Globalization;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Output;

/// <summary>A download as lines: the start, every tenth and the end of each file.</summary>
internal sealed class DownloadLines(TextWriter output) : IDownloadProgress
{
    private readonly PercentSteps _steps = new();

    public static string WaitingText(string file) => $"{file}: another process is fetching it; waiting for it.";

    public static string RetryingText(string file, string problem, TimeSpan delay) =>
        string.Create(CultureInfo.InvariantCulture, $"{file}: {problem}; trying again in {delay.TotalSeconds:0.0} s.");

    public static string UsingCacheText(string model, string commit, string problem) =>
        $"{model}: the Hub cannot be asked ({problem}); the cached commit {commit} is used.";

    public void Started(string file, long done, long total)
    {
        _steps.Start(file, done, total);
        var from = done == 0 ? "" : $", goes on from {HubErrors.Size(done)}";
        output.WriteLine($"{file}: {HubErrors.Size(total)}{from}.");
    }

    public void Advanced(string file, long done, long total)
    {
        if (_steps.Advance(file, done, total) is { } percent) output.WriteLine($"{file}: {percent} %.");
    }

    public void Finished(string file, long total) => output.WriteLine($"{file}: has arrived and is verified.");

    public void Waiting(string file) => output.WriteLine(WaitingText(file));

    public void Retrying(string file, string problem, TimeSpan delay) =>
        output.WriteLine(RetryingText(file, problem, delay));

    public void UsingCache(string model, string commit, string problem) =>
        output.WriteLine(UsingCacheText(model, commit, problem));
}
