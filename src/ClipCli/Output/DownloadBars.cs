using ClipGrpc.Models.Hub;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>A bar for each file, and what is worth a line above them.</summary>
internal sealed class DownloadBars(ProgressContext context, IAnsiConsole terminal) : IDownloadProgress
{
    private readonly LogProgress _lines = new(new LineLogger(terminal.WriteLine));
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);

    public void Started(string file, long done, long total)
    {
        // An empty file is a full bar, too.
        var bar = context.AddTask(Markup.Escape(file), maxValue: Math.Max(total, 1));
        bar.Value = total == 0 ? 1 : done;
        _bars[file] = bar;
    }

    public void Advanced(string file, long done, long total) => _bars[file].Value = done;

    public void Finished(string file, long total)
    {
        _bars[file].Value = Math.Max(total, 1);
        _bars[file].StopTask();
    }

    public void Waiting(string file) => _lines.Waiting(file);

    public void Retrying(string file, string problem, TimeSpan delay) =>
        _lines.Retrying(file, problem, delay);

    public void Damaged(string file, string problem) => _lines.Damaged(file, problem);

    public void UsingCache(string model, string commit, string problem) =>
        _lines.UsingCache(model, commit, problem);
}
