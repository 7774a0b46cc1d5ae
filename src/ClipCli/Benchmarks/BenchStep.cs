using System.Globalization;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>One load that is kept up for a while.</summary>
/// <param name="ItemsPerCall">Images or texts per call.</param>
/// <param name="Callers">Of a closed loop: each waits for its response before it calls again.</param>
/// <param name="Rate">Of an open loop: calls per second, whatever becomes of the earlier ones.</param>
internal sealed record BenchStep(int ItemsPerCall, int? Callers, double? Rate)
{
    public static BenchStep Closed(int itemsPerCall, int callers) => new(itemsPerCall, callers, null);

    public static BenchStep Open(int itemsPerCall, double rate) => new(itemsPerCall, null, rate);

    public override string ToString()
    {
        var load = Rate is { } rate
            ? string.Create(CultureInfo.InvariantCulture, $"open loop, {rate:0.##} calls/s")
            : $"closed loop, {Callers} caller{(Callers == 1 ? "" : "s")}";
        return $"{load}, {ItemsPerCall} per call";
    }
}
