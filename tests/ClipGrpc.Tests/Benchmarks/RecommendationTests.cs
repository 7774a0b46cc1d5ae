using ClipGrpc.Server.Benchmarks;

namespace ClipGrpc.Tests.Benchmarks;

public sealed class RecommendationTests
{
    private static readonly (Candidate, BenchmarkRow) Default = Rows.Measured(Candidate.Default, 25, 1);

    [Fact]
    public void Of_FasterAndExactEnough_IsRecommendedWithItsNumbers()
    {
        var recommendation = Of(
            Default, Rows.Measured(Rows.Int8, 64, 0.9995), Rows.Measured(Rows.Bf16, 75, BenchmarkRow.ExactEnough));

        Assert.Equal(Rows.Bf16.Flags(Rows.Providers), recommendation!.Flags);
        Assert.Equal(
            "bf16 on openvino:cpu embeds 75 images/s with decoding, 3.0 times as many as the default, fp32 on cpu "
            + "(25), and its embeddings have a cosine of at least 0.99900 to those of the default.",
            recommendation.Reason);
    }

    [Fact]
    public void Of_FastestIsNotExactEnough_IsNotRecommendedAndSaysSo()
    {
        var recommendation = Of(
            Default, Rows.Measured(Rows.Int8, 100, 0.9989), Rows.Measured(Rows.Bf16, 50, 0.9999));

        Assert.Equal(Rows.Bf16.Flags(Rows.Providers), recommendation!.Flags);
        Assert.EndsWith(
            " int8 on cpu is faster (100 images/s), but its lowest cosine, 0.99890, is below 0.999.",
            recommendation.Reason);
    }

    [Fact]
    public void Of_OnlyFasterIsNotExactEnough_StaysWithTheDefault()
    {
        var recommendation = Of(Default, Rows.Measured(Rows.Int8, 100, 0.5));

        Assert.Empty(recommendation!.Flags);
        Assert.StartsWith("The default, fp32 on cpu, embeds 25 images/s", recommendation.Reason);
        Assert.Contains("int8 on cpu is faster", recommendation.Reason);
    }

    [Theory]
    [InlineData(27.4, false)]
    [InlineData(27.6, true)]
    public void Of_GainOfTenPercent_DecidesWhetherTheDefaultStays(double rate, bool isRecommended)
    {
        var recommendation = Of(Default, Rows.Measured(Rows.Int8, rate, 1));

        Assert.Equal(isRecommended, recommendation!.Flags.Count > 0);
        Assert.Equal(!isRecommended, recommendation.Reason.Contains("gains less than 10 %"));
    }

    [Fact]
    public void Of_OthersRefusedOrNotCompared_StaysWithTheDefault()
    {
        var recommendation = Of(Default, Rows.Refused(Rows.Bf16, "no"), Rows.Measured(Rows.Int8, 100, double.NaN));

        Assert.Empty(recommendation!.Flags);
    }

    [Fact]
    public void Of_DefaultRefused_IsNone() =>
        Assert.Null(Of(Rows.Refused(Candidate.Default, "no memory"), Rows.Measured(Rows.Int8, 64, null)));

    private static Recommendation? Of(params (Candidate, BenchmarkRow)[] rows) =>
        Recommendation.Of(rows, Rows.Providers);
}
