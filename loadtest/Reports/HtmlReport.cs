using System.Globalization;
using System.Net;
using System.Text;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>The steps of a load as one page that needs nothing else: charts against the load, and a table.</summary>
internal static class HtmlReport
{
    private const string Style = """
        :root { --ink: #1b1f24; --dim: #667; --page: #fff; --rule: #e3e6ea;
          --s0: #2f6fb0; --s1: #2a8a5c; --s2: #b8730a; --s3: #b03a48; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e8eb; --dim: #9aa3ad; --page: #16191d; --rule: #2c3238;
            --s0: #6ea8e0; --s1: #5cc08e; --s2: #e0a64a; --s3: #e77a86; }
        }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
          max-width: 82rem; margin: 2rem auto; padding: 0 1.5rem; }
        h1 { font-size: 1.4rem; margin: 0; } p { color: var(--dim); margin: .2rem 0 1.5rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem 2rem; }
        svg { width: 100%; } svg text { font-size: 12px; fill: var(--dim); }
        svg .title { font-size: 14px; fill: var(--ink); }
        svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
        svg .grid { stroke: var(--rule); } svg polyline { fill: none; stroke-width: 2; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; margin-top: 1.5rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
        th { color: var(--dim); font-weight: 500; }
        """;

    /// <param name="title">What was run, and where.</param>
    /// <param name="steps">In the order of their load; each is the sum of its workloads.</param>
    public static string Render(string title, string machine, IReadOnlyList<LoadResult> steps)
    {
        var isOpen = steps.Any(step => step.OfferedRate is not null);
        var xTitle = isOpen ? "offered load, calls/s" : "callers";
        double Load(LoadResult step) => step.OfferedRate ?? step.Callers ?? 0;
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
        html.Append("<meta name=\"viewport\" content=\"width=device-width\">")
            .Append("<title>").Append(Encode(title)).Append("</title><style>").Append(Style).Append("</style>")
            .Append("<h1>").Append(Encode(title)).Append("</h1><p>").Append(Encode(machine)).Append("</p>")
            .Append("<div class=\"charts\">")
            .Append(Latency(steps, Load, xTitle).ToSvg())
            .Append(new LineChart("Batch size", xTitle, "items")
                .Add("mean", steps.Select(step => (Load(step), step.MeanBatch)))
                .Add("largest", steps.Select(step => (Load(step), (double)step.LargestBatch))).ToSvg())
            .Append(new LineChart("Goodput", xTitle, "items/s")
                .Add("answered", steps.Select(step => (Load(step), step.Goodput))).ToSvg())
            .Append(new LineChart("The server's own times, median", xTitle, "ms")
                .Add("queue", steps.Select(step => (Load(step), Quantiles.Of(step.Queue).P50)))
                .Add("preprocess", steps.Select(step => (Load(step), Quantiles.Of(step.Preprocess).P50)))
                .Add("inference", steps.Select(step => (Load(step), Quantiles.Of(step.Inference).P50))).ToSvg())
            .Append("</div>");
        AppendTable(html, steps, xTitle);
        return html.Append("</html>").ToString();
    }

    private static LineChart Latency(IReadOnlyList<LoadResult> steps, Func<LoadResult, double> load, string xTitle)
    {
        var chart = new LineChart("Latency of answered calls", xTitle, "ms");
        var quantiles = steps.Select(step => (X: load(step), Q: Quantiles.Of(step.Latency))).ToList();
        return chart
            .Add("p50", quantiles.Select(point => (point.X, point.Q.P50)))
            .Add("p95", quantiles.Select(point => (point.X, point.Q.P95)))
            .Add("p99", quantiles.Select(point => (point.X, point.Q.P99)))
            .Add("p99.9", quantiles.Select(point => (point.X, point.Q.P999)));
    }

    private static void AppendTable(StringBuilder html, IReadOnlyList<LoadResult> steps, string xTitle)
    {
        string[] headings =
            [xTitle, "items/s", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "queue ms", "preprocess ms", "inference ms",
             "batch", "send lag p99 ms", "statuses"];
        html.Append("<div class=\"wide\"><table><tr>");
        foreach (var heading in headings)
            html.Append("<th>").Append(Encode(heading));
        foreach (var step in steps)
        {
            var latency = Quantiles.Of(step.Latency);
            double[] numbers =
                [step.Goodput, latency.P50, latency.P95, latency.P99, latency.P999, Quantiles.Of(step.Queue).P50,
                 Quantiles.Of(step.Preprocess).P50, Quantiles.Of(step.Inference).P50, step.MeanBatch,
                 Quantiles.Of(step.SendLag).P99];
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{step.OfferedRate ?? step.Callers:0.##}");
            foreach (var number in numbers)
                html.Append("<td>").Append(LoadTable.Number(number));
            html.Append("<td>").Append(Encode(StatusNames.Line(step.Statuses)));
        }

        html.Append("</table></div>");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
