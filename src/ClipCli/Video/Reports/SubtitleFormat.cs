using System.Globalization;
using System.Text.RegularExpressions;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>How WebVTT and SubRip write cues.</summary>
/// <param name="Header">What the file starts with.</param>
/// <param name="DecimalSeparator">Before the milliseconds.</param>
/// <param name="Escape">Makes a text that players show as it is.</param>
internal sealed partial record SubtitleFormat(string Header, char DecimalSeparator, Func<string, string> Escape)
{
    public static readonly SubtitleFormat WebVtt = new("WEBVTT\n\n", '.', EscapeMarkup);

    // SubRip has no escapes, and players take <i> for markup.
    public static readonly SubtitleFormat SubRip = new(
        "", ',', text => Line(text).Replace('<', '‹').Replace('>', '›'));

    public void Write(TextWriter writer, IEnumerable<FoundSegment> segments)
    {
        writer.Write(Header);
        var number = 0;
        foreach (var segment in segments.OrderBy(segment => segment.Start).ThenBy(segment => segment.End))
        {
            // Players leave out cues without a duration.
            var end = segment.End > segment.Start ? segment.End : segment.Start + TimeSpan.FromMilliseconds(1);
            writer.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{++number}\n{Time(segment.Start)} --> {Time(end)}\n{Escape(segment.Label)} ({segment.Mean:P0})\n\n"));
        }
    }

    public string Time(TimeSpan time)
    {
        var milliseconds = (long)Math.Round(time.TotalMilliseconds);
        var (seconds, rest) = Math.DivRem(milliseconds, 1000);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}{DecimalSeparator}{rest:000}");
    }

    private static string EscapeMarkup(string text) =>
        Line(text).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    // An empty line would end the cue.
    private static string Line(string text) => LineBreaks().Replace(text, " ").Trim();

    [GeneratedRegex(@"[\r\n\u0085\u2028\u2029\0]+")]
    private static partial Regex LineBreaks();
}
