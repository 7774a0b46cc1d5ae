namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>A comparison that needs the model twice: served, and called directly at its best batch size.</summary>
internal abstract class RawAndServedComparison(ComparisonContext context) : ServedComparison(context)
{
    protected int BestBatch { get; private set; }

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        BestBatch = await FindBestBatchAsync(cancellationToken);
        await base.PrepareAsync(cancellationToken);
    }

    /// <summary>The batch size at which the model in this process gives the most images a second.</summary>
    private async Task<int> FindBestBatchAsync(CancellationToken cancellationToken)
    {
        var raw = await OpenRawAsync(cancellationToken);
        return Context.RawBatches.MaxBy(batch => raw.ItemsPerSecond(batch, Context.Duration, cancellationToken));
    }
}
