using System.Text.Json;
using System.Text.Json.Serialization;
using ClipGrpc.LoadTest.Driving;
using Grpc.Core;
using HdrHistogram;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>
/// A result in the shape of ghz's JSON report: times in nanoseconds, marks of the histogram in seconds. Beyond ghz it
/// has p99.9 and the objects <c>server</c> and <c>loadtest</c>; <c>details</c> stays empty.
/// </summary>
internal sealed record GhzReport
{
    private const int HistogramBars = 10;
    private const double NanosecondsPerMicrosecond = 1e3;
    private const double MicrosecondsPerSecond = 1e6;

    private static IReadOnlyList<double> Percentages { get; } = [10, 25, 50, 75, 90, 95, 99, 99.9];

    public static JsonSerializerOptions Json { get; } = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public required string Name { get; init; }

    public string EndReason { get; init; } = "timeout"; // ghz's word for a run that ends by its duration

    public required GhzOptions Options { get; init; }

    public required DateTimeOffset Date { get; init; }

    public required long Count { get; init; }

    public required double Total { get; init; }

    public required double Average { get; init; }

    public required double Fastest { get; init; }

    public required double Slowest { get; init; }

    public required double Rps { get; init; }

    public required IReadOnlyDictionary<string, long> ErrorDistribution { get; init; }

    public required IReadOnlyDictionary<string, long> StatusCodeDistribution { get; init; }

    public required IReadOnlyList<GhzLatency> LatencyDistribution { get; init; }

    public required IReadOnlyList<GhzBucket> Histogram { get; init; }

    public IReadOnlyList<object> Details { get; init; } = [];

    public required ServerFigures Server { get; init; }

    public required LoadFigures Loadtest { get; init; }

    public static GhzReport Of(LoadResult result, Uri address, int connections, TimeSpan? deadline) => new()
    {
        Name = result.Name,
        Options = new GhzOptions(
            result.Method, address.Authority, connections, result.Callers, result.OfferedRate,
            result.OfferedRate is not null, Nanoseconds(result.Duration), Nanoseconds(deadline ?? TimeSpan.Zero), true),
        Date = result.Started,
        Count = result.Calls,
        Total = Nanoseconds(result.Duration),
        Average = result.OkCalls == 0 ? 0 : result.Latency.GetMean() * NanosecondsPerMicrosecond,
        Fastest = Latency(result, 0),
        Slowest = Latency(result, 100),
        Rps = result.Calls / result.Duration.TotalSeconds,
        ErrorDistribution = Named(result, status => status != StatusCode.OK),
        StatusCodeDistribution = Named(result, _ => true),
        LatencyDistribution = [.. Percentages.Select(p => new GhzLatency(p, Latency(result, p)))],
        Histogram = Bars(result),
        Server = ServerFigures.Of(result),
        Loadtest = LoadFigures.Of(result),
    };

    private static double Nanoseconds(TimeSpan span) => span.TotalNanoseconds;

    private static double Latency(LoadResult result, double percentage) =>
        result.OkCalls == 0 ? 0 : result.Latency.GetValueAtPercentile(percentage) * NanosecondsPerMicrosecond;

    private static SortedDictionary<string, long> Named(LoadResult result, Func<StatusCode, bool> which) =>
        new(result.Statuses.Where(entry => which(entry.Key))
            .ToDictionary(entry => StatusNames.Of(entry.Key), entry => entry.Value));

    private static List<GhzBucket> Bars(LoadResult result)
    {
        if (result.OkCalls == 0)
            return [];

        var fastest = result.Latency.GetValueAtPercentile(0);
        var width = Math.Max(1, (result.Latency.GetMaxValue() - fastest) / (double)HistogramBars);
        var counts = new long[HistogramBars];
        foreach (var value in result.Latency.RecordedValues())
        {
            var bar = (int)((value.ValueIteratedTo - fastest) / width);
            counts[Math.Clamp(bar, 0, HistogramBars - 1)] += value.CountAtValueIteratedTo;
        }

        return [.. counts.Select((count, bar) => new GhzBucket(
            (fastest + ((bar + 1) * width)) / MicrosecondsPerSecond, count, count / (double)result.OkCalls))];
    }
}
