namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The time of a batch: τ(u) = α + β·u, where u is items × padded length. All zero while nothing was measured, so
/// that nothing is refused for a guess.
/// </summary>
/// <param name="Alpha">Seconds that every batch costs.</param>
/// <param name="Beta">Seconds that every unit costs.</param>
/// <param name="Deviation">How far measurements lie from the line, as a share of it; 0 to 1.</param>
internal sealed record BatchCost(double Alpha, double Beta, double Deviation)
{
    public static readonly BatchCost Unknown = new(0, 0, 0);

    /// <summary>Below this a batch also pays for the hand-over between threads, which the line does not show.</summary>
    private const int LeastLargestSize = 8;

    /// <summary>α at most a fiftieth of the rest: what a still larger batch could gain.</summary>
    private const double LargestSizeRatio = 50;

    public double Seconds(double units) => Alpha + Beta * units;

    /// <summary>What to count on where a deadline depends on it.</summary>
    public double CautiousSeconds(double units) => Seconds(units) * (1 + Deviation);

    /// <summary>
    /// The number of items from which on a larger batch gains little: α is at most a quarter of the rest.
    /// </summary>
    public int EfficientSize(int length, int maxBatchSize) =>
        Alpha <= 0 ? 1 : (int)Math.Clamp(Math.Ceiling(4 * Alpha / (Beta * length)), 1, maxBatchSize);

    /// <summary>
    /// The number of items beyond which a batch only makes its callers wait: a larger one would gain less than a
    /// fiftieth. On a CPU that is soon (a ViT-B/32 on two cores gives 22.5 images/s at 8 and 22.9 at 16, and the demo
    /// model even slows down beyond 8, when its activations leave the cache); on a GPU the largest batch is the best.
    /// </summary>
    public int LargestSize(int length, int maxBatchSize) => Beta <= 0
        ? maxBatchSize
        : (int)Math.Clamp(
            Math.Ceiling(LargestSizeRatio * Math.Max(Alpha, 0) / (Beta * length)),
            Math.Min(LeastLargestSize, maxBatchSize),
            maxBatchSize);
}
