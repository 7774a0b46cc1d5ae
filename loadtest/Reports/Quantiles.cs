using HdrHistogram;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>Of a histogram in microseconds, in milliseconds; 0 where it is empty.</summary>
internal sealed record Quantiles(double P50, double P95, double P99, double P999, double Max)
{
    public static Quantiles Of(LongHistogram histogram)
    {
        return histogram.TotalCount == 0
            ? new Quantiles(0, 0, 0, 0, 0)
            : new Quantiles(At(50), At(95), At(99), At(99.9), At(100));

        double At(double percentile) => histogram.GetValueAtPercentile(percentile) / 1e3;
    }
}
