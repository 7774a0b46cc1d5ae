namespace ClipGrpc.Server.Batching;

/// <summary>
/// The time of a batch: τ(u) = α + β·u, where u is entries × padded length. All zero while nothing was measured, so
/// that nothing is refused for a guess.
/// </summary>
/// <param name="Alpha">Seconds that every batch costs.</param>
/// <param name="Beta">Seconds that every unit costs.</param>
/// <param name="Deviation">How far measurements lie from the line, as a share of it; 0 to 1.</param>
internal sealed record BatchCost(double Alpha, double Beta, double Deviation)
{
    public static readonly BatchCost Unknown = new(0, 0, 0);

    public double Seconds(double units) => Alpha + Beta * units;

    /// <summary>What to count on where a deadline depends on it.</summary>
    public double CautiousSeconds(double units) => Seconds(units) * (1 + Deviation);

    /// <summary>
    /// The entries from which on a larger batch gains little: α is at most a quarter of the rest.
    /// </summary>
    public int EfficientSize(int length, int maxBatchSize) =>
        Alpha <= 0 ? 1 : (int)Math.Clamp(Math.Ceiling(4 * Alpha / (Beta * length)), 1, maxBatchSize);
}
