using ClipGrpc.Server.Models.Hub;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>Shows work on files on stderr: a bar for each on a terminal, lines elsewhere.</summary>
internal static class DownloadView
{
    private const string Fetched = "has arrived and is verified";

    /// <param name="finished">What is true of a file at its end.</param>
    public static async Task<T> RunAsync<T>(
        CliConsole console, Func<IDownloadProgress, Task<T>> work, string finished = Fetched)
    {
        if (!console.ErrorIsTerminal)
            return await work(new DownloadLines(console.Error, finished));

        var terminal = console.OpenError();
        var progress = terminal.Progress().Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new PercentageColumn(),
            new DownloadedColumn { Base = FileSizeBase.Decimal },
            new RemainingTimeColumn());
        return await progress.StartAsync(context => work(new DownloadBars(context, terminal)));
    }
}
