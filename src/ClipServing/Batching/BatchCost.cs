namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The duration of a batch: τ(u) = α + β·u, where u is items × padded length. All zero before the first measurement,
/// so that no item is rejected because of an unmeasured cost.
/// </summary>
/// <param name="Alpha">Fixed seconds per batch.</param>
/// <param name="Beta">Seconds per unit.</param>
/// <param name="Deviation">The deviation from the line that few measurements exceed, as a fraction; 0 to 1.</param>
internal sealed record BatchCost(double Alpha, double Beta, double Deviation)
{
    public static readonly BatchCost Unknown = new(0, 0, 0);

    /// <summary>Below this size, the switch between threads is significant, which the line does not include.</summary>
    private const int LeastLargestSize = 8;

    /// <summary>At the largest size, α is at most this fraction of the rest, which a larger batch could save.</summary>
    private const double LargestSizeRatio = 50;

    public double Seconds(double units) => Alpha + Beta * units;

    /// <summary>A cautious estimate, for deadlines.</summary>
    public double CautiousSeconds(double units) => Seconds(units) * (1 + Deviation);

    /// <summary>
    /// The number of items from which a larger batch gains little: α is at most a quarter of the rest.
    /// </summary>
    public int EfficientSize(int length, int maxBatchSize) =>
        Alpha <= 0 ? 1 : (int)Math.Clamp(Math.Ceiling(4 * Alpha / (Beta * length)), 1, maxBatchSize);

    /// <summary>
    /// The number of items from which a larger batch would gain less than one fiftieth and only make callers wait. It
    /// is small on a CPU: a ViT-B/32 on two cores processes 22.5 images/s at 8 and 22.9 at 16, and the demo model is
    /// slower beyond 8, when its activations no longer fit the cache. On a GPU, the largest batch is best.
    /// </summary>
    public int LargestSize(int length, int maxBatchSize) => Beta <= 0
        ? maxBatchSize
        : (int)Math.Clamp(
            Math.Ceiling(LargestSizeRatio * Math.Max(Alpha, 0) / (Beta * length)),
            Math.Min(LeastLargestSize, maxBatchSize),
            maxBatchSize);
}
