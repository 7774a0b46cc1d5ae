namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What a server without callers costs.</summary>
internal sealed class IdleComparison(ComparisonContext context) : ServedComparison(context)
{
    public override ComparisonGoal Goal { get; } = new(
        "idle", "processor time of a server without callers, after it was busy ÷ time", "processor_ms", "elapsed_ms",
        Most: 0.01);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await base.PrepareAsync(cancellationToken);
        await Served.RunAsync(Context.Workload("embed"), Context.Closed(Context.Callers), cancellationToken);
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Context.WarmUp, Context.Time, cancellationToken);
        var before = Served.ProcessorUse;
        await Task.Delay(Context.Duration, Context.Time, cancellationToken);
        var use = Served.ProcessorUse - before;
        return new Round(use.Server.TotalMilliseconds, use.Elapsed.TotalMilliseconds);
    }
}
