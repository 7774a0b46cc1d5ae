namespace ClipGrpc.Serving.Models;

/// <summary>Where an item's time went; <paramref name="BatchSize"/> is 0 when nothing was run for it.</summary>
internal readonly record struct ItemTimings(TimeSpan Preprocess, TimeSpan Queue, TimeSpan Inference, int BatchSize)
{
    /// <summary>The longest of each, for a reply about several items.</summary>
    public ItemTimings Max(ItemTimings other) => new(
        Longer(Preprocess, other.Preprocess),
        Longer(Queue, other.Queue),
        Longer(Inference, other.Inference),
        Math.Max(BatchSize, other.BatchSize));

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
