using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>The forward pass alone.</summary>
internal static class RawRate
{
    private const int WarmUps = 2;
    private const double LongestPass = 2;

    private static readonly int[] BatchSizes = [1, 8, 32];

    /// <summary>Items per second at the best batch size. Sizes whose pass would take too long are left out.</summary>
    /// <param name="maxBatch">Of the encoder.</param>
    /// <param name="duration">Of each batch size; a pass takes at most <see cref="LongestPass"/> times as long.</param>
    public static double Measure<TInput>(
        IEncoder<TInput> encoder, Func<TInput> next, int maxBatch, TimeSpan duration, TimeProvider time)
    {
        var sizes = BatchSizes.Where(size => size <= maxBatch).ToList();
        var inputs = Enumerable.Range(0, sizes[^1]).Select(_ => next()).ToArray();
        var embeddings = new float[inputs.Length * encoder.Dimensions];
        var norms = new float[inputs.Length];
        var best = 0.0;
        var perItem = TimeSpan.Zero;
        foreach (var size in sizes.TakeWhile(size => perItem * size <= LongestPass * duration))
        {
            var batch = inputs.AsSpan(0, size);
            for (var i = 0; i < WarmUps; i++)
                encoder.WarmUp(batch, embeddings, norms);

            var start = time.GetTimestamp();
            var passes = 0;
            do
            {
                encoder.Encode(batch, embeddings, norms);
                passes++;
            }
            while (time.GetElapsedTime(start) < duration);

            perItem = time.GetElapsedTime(start) / (passes * size);
            best = Math.Max(best, 1 / perItem.TotalSeconds);
        }

        return best;
    }
}
