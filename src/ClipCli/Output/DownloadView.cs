using ClipGrpc.Models.Hub;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>Shows work on files on stderr.</summary>
internal static class DownloadView
{
    /// <summary>A bar for each file on a terminal, lines elsewhere.</summary>
    public static Task<T> WithBarsOrLinesAsync<T>(CliConsole console, Func<IDownloadProgress, Task<T>> work) =>
        console.ErrorIsTerminal
            ? WithBarsAsync(console, work)
            : work(new LogProgress(new LineLogger(console.Error.WriteLine)));

    /// <summary>A bar for each file on a terminal, nothing elsewhere.</summary>
    public static Task<T> WithBarsOnlyAsync<T>(CliConsole console, Func<IDownloadProgress?, Task<T>> work) =>
        console.ErrorIsTerminal ? WithBarsAsync(console, work) : work(null);

    private static async Task<T> WithBarsAsync<T>(CliConsole console, Func<IDownloadProgress, Task<T>> work)
    {
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
