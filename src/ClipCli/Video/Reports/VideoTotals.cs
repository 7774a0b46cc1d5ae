using System.Globalization;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>What became of each source, on stderr.</summary>
internal static class VideoTotals
{
    public static void Write(TextWriter writer, IReadOnlyList<SourceRun> runs, TimeSpan elapsed)
    {
        foreach (var run in runs)
        {
            if (run.Decoded > 0)
                writer.WriteLine($"clip: {run.Source.Name}: {Total(run, elapsed)}");
            if (run.FirstError is { } error)
                writer.WriteLine($"clip: {run.Source.Name}: {run.Failed} frames failed, the first with: {error}");
            if (run.Problem is { } problem)
                writer.WriteLine($"clip: {run.Source.Name}: {problem}");
        }
    }

    private static string Total(SourceRun run, TimeSpan elapsed)
    {
        var counts = string.Join(", ", run.Counts.Select(count =>
            string.Create(CultureInfo.InvariantCulture, $"{count.Count} {count.Name}")));
        var lag = run.IsLive
            ? string.Create(CultureInfo.InvariantCulture, $", longest lag {run.LongestLag.TotalMilliseconds:0} ms")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Decoded} frames, {SegmentText.Time(run.LastTimestamp)} of video in {elapsed.TotalSeconds:0.0} s: "
            + $"{counts}{lag}.");
    }
}
