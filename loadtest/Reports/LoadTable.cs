using System.Globalization;
using ClipGrpc.LoadTest.Driving;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>Results on the screen, one row a step and workload.</summary>
internal static class LoadTable
{
    public static void Write(IAnsiConsole console, IEnumerable<(string Load, LoadResult Result)> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in new[] { "load", "calls" })
            table.AddColumn(heading);
        foreach (var heading in new[]
            { "items/s", "p50 ms", "p95", "p99", "p99.9", "queue p50", "prep p50", "infer p50", "batch", "lag p99" })
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        table.AddColumn("statuses");
        foreach (var (load, result) in rows)
        {
            var latency = Quantiles.Of(result.Latency);
            table.AddRow(new[]
            {
                load, result.Name, Number(result.Goodput), Number(latency.P50), Number(latency.P95),
                Number(latency.P99), Number(latency.P999), Number(Quantiles.Of(result.Queue).P50),
                Number(Quantiles.Of(result.Preprocess).P50), Number(Quantiles.Of(result.Inference).P50),
                Number(result.MeanBatch), Number(Quantiles.Of(result.SendLag).P99), StatusNames.Line(result.Statuses),
            }.Select(Markup.Escape).ToArray());
        }

        console.Write(table);
    }

    /// <summary>Three digits or so.</summary>
    public static string Number(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}
