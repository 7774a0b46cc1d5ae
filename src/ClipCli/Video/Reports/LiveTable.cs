using System.Globalization;
using ClipGrpc.Cli.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>What each source shows right now, with bars, below the segments that have ended.</summary>
internal sealed class LiveTable(CliConsole console, TimeProvider time, int topK, bool withSource) : IVideoOutput
{
    private const int BarWidth = 16;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole _terminal = console.OpenOut();
    private LiveDisplayContext? _display;
    private IReadOnlyList<SourceRun> _runs = [];
    private long _shown;

    /// <summary>Shows the table while the work is done.</summary>
    public Task ShowAsync(IReadOnlyList<SourceRun> runs, Func<Task> work)
    {
        _runs = runs;
        return _terminal.Live(Render(runs, topK)).AutoClear(true).StartAsync(async display =>
        {
            _display = display;
            console.Notices = TextWriter.Synchronized(new ConsoleTextWriter(_terminal));
            try
            {
                await work();
            }
            finally
            {
                console.Notices = console.Error;
                _display = null;
            }
        });
    }

    public void Write(VideoMoment moment)
    {
        if (_display is not { } display || (_shown != 0 && time.GetElapsedTime(_shown) < Refresh))
            return;
        _shown = time.GetTimestamp();
        display.UpdateTarget(Render(_runs, topK));
    }

    public void Write(FoundSegment segment) => _terminal.WriteLine(SegmentText.Format(segment, withSource));

    public Task FinishAsync(IReadOnlyList<SourceRun> runs) => Task.CompletedTask;

    public static IRenderable Render(IReadOnlyList<SourceRun> runs, int topK)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowRowSeparators = runs.Count > 1 };
        table.AddColumn("source").AddColumn("time").AddColumn("labels").AddColumn("frames");
        foreach (var run in runs)
        {
            table.AddRow(
                new Text(run.Source.Name),
                new Text(SegmentText.Time(run.LatestTimestamp)),
                new Markup(Bars(run, topK)),
                new Text(Counts(run)));
        }

        return table;
    }

    private static string Bars(SourceRun run, int topK)
    {
        if (run.Problem is { } problem)
            return Markup.Escape(problem);
        if (run.Latest is not { } latest)
            return "[dim]waiting for the first frame[/]";
        return string.Join('\n', latest.Predictions.Take(topK).Select(prediction =>
        {
            var full = (int)Math.Round(prediction.Probability * BarWidth);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"[green]{new string('█', full)}[/][dim]{new string('░', BarWidth - full)}[/] "
                + $"{prediction.Probability * 100,5:0.0} %  {Markup.Escape(prediction.Label)}");
        }));
    }

    private static string Counts(SourceRun run)
    {
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{run.Classified} classified"),
        };
        if (run.Skipped > 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{run.Skipped} skipped"));
        if (run.IsLive)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{run.Dropped} dropped"));
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"lag {run.Lag.TotalMilliseconds:0} ms"));
        }

        return string.Join('\n', lines);
    }
}
