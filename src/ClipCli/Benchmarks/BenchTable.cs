using System.Globalization;
using ClipGrpc.Cli.Output;
using Spectre.Console;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>A human-readable benchmark.</summary>
internal static class BenchTable
{
    private static readonly string[] Columns =
    [
        "loop", "callers", "calls/s", "per call", "items/s", "p50 ms", "p90 ms", "p99 ms", "device", "batch",
        "statuses",
    ];

    public static void Write(IAnsiConsole console, BenchReport report)
    {
        console.WriteLine(
            $"{report.Model} ({report.Device}, {report.Provider}, {report.Precision}) at {report.Server}");
        console.WriteLine(report.Input);
        PlainTable.Write(console, Columns, report.Steps.Select(Cells));
        if (report.Recommendation is not { } recommendation)
            return;

        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Recommended: {recommendation.Callers} caller{(recommendation.Callers == 1 ? "" : "s")} with "
            + $"{recommendation.ItemsPerCall} per call "
            + $"({recommendation.ItemsPerSecond:0.#} items/s)."));
        console.WriteLine(recommendation.Reason);
    }

    private static IEnumerable<string> Cells(BenchReportStep step)
    {
        yield return step.Loop;
        yield return step.Callers?.ToString(CultureInfo.InvariantCulture) ?? "";
        yield return Number(step.CallsPerSecond);
        yield return step.ItemsPerCall.ToString(CultureInfo.InvariantCulture);
        yield return Number(step.ItemsPerSecond);
        yield return Number(step.P50);
        yield return Number(step.P90);
        yield return Number(step.P99);
        yield return step.DeviceBusy is { } busy
            ? string.Create(CultureInfo.InvariantCulture, $"{busy * 100:0} %")
            : "";
        yield return Number(step.MeanBatch);
        yield return string.Join(", ", step.Statuses.Select(status => $"{status.Key} {status.Value}"));
    }

    private static string Number(double? value) => value?.ToString("0.#", CultureInfo.InvariantCulture) ?? "";
}
