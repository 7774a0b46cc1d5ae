namespace ClipGrpc.Serving.Batching;

/// <summary>The batches that each encoder of a queue runs before the queue serves.</summary>
/// <param name="Sizes">Ascending. The first is run twice: a first pass is slow and not measured.</param>
internal sealed record WarmUpPlan(params IReadOnlyList<int> Sizes)
{
    /// <summary>
    /// A size whose passes are as short is measured <see cref="ShortPasses"/> times, and the median counts: one that
    /// was disturbed would else decide on the size of batches.
    /// </summary>
    public TimeSpan ShortPass { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>An odd number.</summary>
    public int ShortPasses { get; init; } = 5;

    /// <summary>Whether the first pass of each size is slow, as on a GPU, which chooses kernels by shape.</summary>
    public bool RepeatsEverySize { get; init; } = true;

    /// <summary>
    /// A first pass that takes longer is measured and not repeated: it is slower than a later one by some tens of
    /// milliseconds (on two cores 2.00 s and 1.93 s for an image of a ViT-L/14). Sizes after the first whose pass is
    /// expected to take longer are left out. Until a batch of theirs was measured, the cost of a batch counts as
    /// proportional to its size, which is nearly so where one pass takes so long.
    /// </summary>
    public TimeSpan LongestPass { get; init; } = TimeSpan.MaxValue;
}
