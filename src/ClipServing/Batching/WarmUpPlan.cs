namespace ClipGrpc.Serving.Batching;

/// <summary>The batches that each encoder of a queue runs before the queue accepts items.</summary>
/// <param name="Sizes">Ascending. The first is run twice, because a first pass is slow and not measured.</param>
internal sealed record WarmUpPlan(params IReadOnlyList<int> Sizes)
{
    /// <summary>
    /// A size with passes of at most this duration is measured <see cref="ShortPasses"/> times and the median is used,
    /// so that a disturbed pass does not determine the size of batches.
    /// </summary>
    public TimeSpan ShortPass { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Number of measurements of short passes. Odd.</summary>
    public int ShortPasses { get; init; } = 5;

    /// <summary>Whether the first pass of each size is slow, as on a GPU, which chooses kernels by shape.</summary>
    public bool RepeatsEverySize { get; init; } = true;

    /// <summary>
    /// A first pass that takes longer is measured and not repeated, because it is slower than a later one by only some
    /// tens of milliseconds (2.00 s and 1.93 s for an image of a ViT-L/14 on two cores). Later sizes whose pass is
    /// expected to take longer are skipped. Until a batch of such a size has been measured, the cost is assumed to be
    /// proportional to the size, which is nearly correct for such long passes.
    /// </summary>
    public TimeSpan LongestPass { get; init; } = TimeSpan.MaxValue;
}
