using System.Text.Json;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class GhzReportTests
{
    private static readonly Uri Address = new("http://localhost:50051");

    [Fact]
    public void Of_ThousandLatencies_HasTheirPercentiles()
    {
        var result = NewResult();
        for (var ms = 1; ms <= 1000; ms++)
            result.Record(Ok(batch: 4), TimeSpan.FromMilliseconds(ms), TimeSpan.Zero);

        var report = GhzReport.Of(result, Address, 4, TimeSpan.FromSeconds(1));

        double[] expected = [100, 250, 500, 750, 900, 950, 990, 999];
        Assert.Equal([10, 25, 50, 75, 90, 95, 99, 99.9], report.LatencyDistribution.Select(entry => entry.Percentage));
        foreach (var (entry, ms) in report.LatencyDistribution.Zip(expected))
            Assert.InRange(entry.Latency / 1e6, ms * 0.998, ms * 1.002); // three digits
        Assert.InRange(report.Average / 1e6, 499, 502);
        Assert.Equal(1000, report.Histogram.Sum(bucket => bucket.Count));
        Assert.Equal(1, report.Histogram.Sum(bucket => bucket.Frequency), 1e-9);
        Assert.InRange(report.Histogram[^1].Mark, 0.99, 1.01);
    }

    [Fact]
    public void Of_FailedCalls_AreCountedButNotTimed()
    {
        var result = NewResult();
        result.Record(Ok(batch: 1), TimeSpan.FromMilliseconds(10), TimeSpan.Zero);
        result.Record(CallOutcome.Failed(StatusCode.ResourceExhausted), TimeSpan.FromSeconds(9), TimeSpan.Zero);

        var report = GhzReport.Of(result, Address, 1, null);

        Assert.Equal(2, report.Count);
        Assert.Equal(1, report.StatusCodeDistribution["OK"]);
        Assert.Equal(1, Assert.Single(report.ErrorDistribution).Value);
        Assert.InRange(report.Slowest / 1e6, 9.9, 10.1);
        Assert.Equal(0.2, report.Rps, 1e-9);
    }

    [Fact]
    public void Of_NoCall_HasZeros()
    {
        var report = GhzReport.Of(NewResult(), Address, 1, null);

        Assert.Equal(0, report.Average);
        Assert.Empty(report.Histogram);
        Assert.All(report.LatencyDistribution, entry => Assert.Equal(0, entry.Latency));
    }

    [Fact]
    public void Json_Report_HasGhzKeys()
    {
        var result = NewResult();
        result.Record(Ok(batch: 2), TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(1));

        using var json = JsonDocument.Parse(
            JsonSerializer.Serialize(GhzReport.Of(result, Address, 4, null), GhzReport.Json));

        string[] keys =
        [
            "name", "endReason", "options", "date", "count", "total", "average", "fastest", "slowest", "rps",
            "errorDistribution", "statusCodeDistribution", "latencyDistribution", "histogram", "details",
        ];
        foreach (var key in keys)
            Assert.True(json.RootElement.TryGetProperty(key, out _), key);
        Assert.Equal(1, json.RootElement.GetProperty("statusCodeDistribution").GetProperty("OK").GetInt32());
        Assert.Equal(10, json.RootElement.GetProperty("latencyDistribution")[0].GetProperty("percentage").GetDouble());
        Assert.Equal("localhost:50051", json.RootElement.GetProperty("options").GetProperty("host").GetString());
    }

    [Fact]
    public void MeanBatch_ItemsOfDifferentBatches_IsOfBatches()
    {
        var result = NewResult();
        result.Record(Ok(batch: 1), TimeSpan.Zero, TimeSpan.Zero);
        for (var i = 0; i < 9; i++)
            result.Record(Ok(batch: 9), TimeSpan.Zero, TimeSpan.Zero);

        Assert.Equal(5, result.MeanBatch, 1e-9);
        Assert.Equal(9, result.LargestBatch);
    }

    [Fact]
    public void Add_TwoWorkloads_SumsUp()
    {
        var sum = NewResult();
        var other = NewResult();
        other.Record(Ok(batch: 3), TimeSpan.FromMilliseconds(7), TimeSpan.Zero);
        other.Goodput = 4;
        sum.Add(other);
        sum.Add(other);

        Assert.Equal((2, 2, 8.0, 2L), (sum.Calls, sum.OkItems, sum.Goodput, sum.Latency.TotalCount));
    }

    private static LoadResult NewResult() => new()
    {
        Name = "embed",
        Method = "clipgrpc.v1.ClipService.Embed",
        Duration = TimeSpan.FromSeconds(10),
        OfferedRate = 100,
    };

    private static CallOutcome Ok(uint batch) => new(StatusCode.OK, 1, new Timings { BatchSize = batch });
}
