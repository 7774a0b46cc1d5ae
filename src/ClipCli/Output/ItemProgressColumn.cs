using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ClipGrpc.Cli.Output;

/// <summary>Items done and in all, the rate, the time that is left and the errors so far.</summary>
internal sealed class ItemProgressColumn(ItemCounts counts) : ProgressColumn
{
    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(Describe(counts, task.ElapsedTime ?? TimeSpan.Zero));

    public static string Describe(ItemCounts counts, TimeSpan elapsed)
    {
        var parts = new List<string> { $"{Number(counts.Done)}/{(counts.Total is { } total ? Number(total) : "?")}" };
        var rate = elapsed > TimeSpan.Zero ? counts.Processed / elapsed.TotalSeconds : 0;
        if (rate > 0)
        {
            parts.Add($"{rate.ToString(rate < 10 ? "0.0" : "#,0", CultureInfo.InvariantCulture)}/s");
            if (counts.Total is { } all)
                parts.Add($"{Duration(Math.Max(all - counts.Done, 0) / rate)} left");
        }

        if (counts.Failed > 0)
            parts.Add($"{Number(counts.Failed)} failed");
        return string.Join("  ", parts);
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Duration(double seconds)
    {
        var whole = (long)Math.Min(Math.Ceiling(seconds), 999 * 3600);
        var (hours, minutes) = (whole / 3600, whole / 60 % 60);
        return hours > 0 ? $"{hours}:{minutes:00}:{whole % 60:00}" : $"{minutes}:{whole % 60:00}";
    }
}
