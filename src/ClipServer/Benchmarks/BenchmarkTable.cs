using System.Globalization;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>Lays out a report as plain text.</summary>
internal static class BenchmarkTable
{
    private const int LeftColumns = 2;
    private const int LongestReason = 160;
    private const double BytesPerMegabyte = 1 << 20;

    public static string Render(BenchmarkReport report)
    {
        var screen = new StringWriter(CultureInfo.InvariantCulture);
        var features = report.Features.Count > 0 ? string.Join(", ", report.Features) : "no AMX, BF16 or VNNI";
        screen.WriteLine(
            $"{report.Model} on {report.Processor} ({features}), {report.Cores} cores, ONNX Runtime {report.Runtime}");
        screen.WriteLine();
        WriteRows(screen, report.Candidates);
        screen.WriteLine();
        screen.WriteLine(
            "raw: the forward pass alone, at the best batch size. The other rates include decoding, tokenization and");
        screen.WriteLine(
            "batching, as in the server. ms: one image, nothing else running. cosine: the lowest of the samples, to");
        screen.WriteLine(
            $"{Candidate.Default}; {BenchmarkRow.ExactEnough} counts as exact enough.");
        screen.WriteLine();
        if (report.Recommendation is { } recommendation)
        {
            var flags = recommendation.Flags.Count == 0
                ? "none; the default is right for this machine"
                : string.Join(' ', recommendation.Flags.Select(Quote));
            screen.WriteLine($"Recommended flags: {flags}");
            screen.WriteLine(recommendation.Reason);
        }
        else
        {
            screen.WriteLine($"No recommendation: the default, {Candidate.Default}, could not be measured.");
        }

        return screen.ToString();
    }

    private static void WriteRows(StringWriter screen, IReadOnlyList<BenchmarkRow> rows)
    {
        var lengths = rows.FirstOrDefault(row => row.Texts.Count > 0)?.Texts.Select(text => text.Tokens) ?? [];
        var headings = new List<string> { "device", "precision", "images/s", "raw" };
        foreach (var tokens in lengths)
            headings.AddRange([$"texts/s of {tokens}", "raw"]);
        headings.AddRange(["ms", "MiB", "peak", "start s", "cosine"]);

        var measured = rows.Where(row => row.Refused is null).Select(Cells).ToList();
        var names = rows.Select(row => new[] { row.Device, row.Precision });
        var widths = headings.Select((heading, column) => measured
            .Concat(names.Where(_ => column < LeftColumns)).Max(row => row[column].Length, heading.Length)).ToList();
        screen.WriteLine(Line(headings));
        foreach (var row in rows)
        {
            screen.WriteLine(row.Refused is { } reason
                ? $"{Line([row.Device, row.Precision])}  not available: {Shorten(reason)}"
                : Line(Cells(row)));
        }

        string Line(IReadOnlyList<string> cells) => string.Join("  ", cells.Select(
            (cell, column) => column < LeftColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])));
    }

    private static int Max(this IEnumerable<string[]> rows, Func<string[], int> length, int least) =>
        rows.Select(length).Append(least).Max();

    private static string[] Cells(BenchmarkRow row) =>
    [
        row.Device, row.Precision, Rate(row.ImagesPerSecond), Rate(row.RawImagesPerSecond),
        .. row.Texts.SelectMany(text => new[] { Rate(text.TextsPerSecond), Rate(text.RawTextsPerSecond) }),
        Number(row.OneImageMilliseconds, "0.0"), Number(row.LoadedBytes / BytesPerMegabyte, "0"),
        Number(row.PeakBytes / BytesPerMegabyte, "0"), Number(row.StartSeconds, "0.0"),
        Number(row.LowestCosine, "0.00000"),
    ];

    private static string Rate(double? rate) => Number(rate, rate >= 100 ? "0" : "0.0");

    private static string Number(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Shorten(string reason)
    {
        var line = reason.ReplaceLineEndings(" ");
        return line.Length <= LongestReason ? line : $"{line[..LongestReason]} …";
    }

    private static string Quote(string flag) =>
        flag.All(c => char.IsAsciiLetterOrDigit(c) || "-_=/.:\\".Contains(c, StringComparison.Ordinal))
            ? flag : $"\"{flag}\"";
}
