using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>What ghz does not tell.</summary>
/// <param name="OfferedRate">Calls a second that were meant to be sent.</param>
/// <param name="Goodput">Items answered a second.</param>
/// <param name="LatencyMs">Of OK calls, from their intended time.</param>
/// <param name="SendLagMs">How late calls were sent; counted in the latency.</param>
internal sealed record LoadFigures(
    double? OfferedRate, int? Callers, double Goodput, long OkItems, Quantiles LatencyMs, Quantiles SendLagMs)
{
    public static LoadFigures Of(LoadResult result) => new(
        result.OfferedRate, result.Callers, result.Goodput, result.OkItems, Quantiles.Of(result.Latency),
        Quantiles.Of(result.SendLag));
}
