using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class HtmlReportTests
{
    [Fact]
    public void Render_Steps_HasTheChartsAndNothingFromOutside()
    {
        var page = HtmlReport.Render("embed on <host>", "a machine", [Step(10), Step(20)]);

        Assert.Equal(4, page.Split("<svg ").Length - 1);
        Assert.Contains("Latency of answered calls", page, StringComparison.Ordinal);
        Assert.Contains("Batch size", page, StringComparison.Ordinal);
        Assert.Contains("embed on &lt;host&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Fact]
    public void ToSvg_LineOfTwoPoints_IsScaledToTheAxes()
    {
        var svg = new LineChart("t", "x", "y").Add("line", [(0, 0), (100, 50)]).ToSvg();

        Assert.Contains("points=\"64,272 544,36\"", svg, StringComparison.Ordinal);
    }

    private static LoadResult Step(double rate)
    {
        var result = new LoadResult
        {
            Name = "embed",
            Method = "clipgrpc.v1.ClipService.Embed",
            Duration = TimeSpan.FromSeconds(1),
            OfferedRate = rate,
        };
        result.Record(
            new CallOutcome(StatusCode.OK, 1, new Timings { BatchSize = 2 }), TimeSpan.FromMilliseconds(rate),
            TimeSpan.Zero);
        return result;
    }
}
