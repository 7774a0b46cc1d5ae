using ClipGrpc.LoadTest.Comparisons;

namespace ClipGrpc.LoadTest.Graphs;

/// <summary>The times of one form in one case, round by round, beside those of the form that it is held against.</summary>
/// <param name="Milliseconds">Of a forward pass.</param>
/// <param name="Ratios">Time of the other form ÷ of this one: above 1 this one is faster.</param>
internal sealed record FormMeasurement(
    string Question, string Form, string Case, IReadOnlyList<double> Milliseconds, IReadOnlyList<double> Ratios)
{
    public double MedianMilliseconds => ComparisonResult.Median(Milliseconds);

    public double MedianRatio => ComparisonResult.Median(Ratios);
}
