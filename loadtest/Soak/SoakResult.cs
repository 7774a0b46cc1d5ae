using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Soak;

/// <summary>What a long load did to a server.</summary>
/// <param name="Samples">After the warm-up.</param>
/// <param name="Statuses">One line per kind of call.</param>
internal sealed record SoakResult(
    IReadOnlyList<SoakSample> Samples, int Swaps, long Calls, long WrongCalls, IReadOnlyList<string> Statuses)
{
    /// <summary>Growth of the resident memory per hour as a part of it: the slope of the line through all samples.
    /// </summary>
    public double GrowthPerHour => Samples.Count < 2
        ? double.NaN
        : 60 * Statistics.Slope([.. Samples.Select(sample => (sample.Minutes, (double)sample.ResidentBytes))])
            / Samples.Average(sample => sample.ResidentBytes);
}
