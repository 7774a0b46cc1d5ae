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
        var best = 0.0;
        var perItem = TimeSpan.Zero;
        foreach (var size in sizes.TakeWhile(size => perItem * size <= LongestPass * duration))
        {
            perItem = BatchTime(encoder, inputs.AsSpan(0, size), fewest: 1, duration, time) / size;
            best = Math.Max(best, 1 / perItem.TotalSeconds);
        }

        return best;
    }

    /// <summary>The mean time of one forward pass, over as many as the duration holds.</summary>
    /// <param name="inputs">A batch.</param>
    /// <param name="fewest">Passes, if the duration holds fewer.</param>
    public static TimeSpan BatchTime<TInput>(
        IEncoder<TInput> encoder, ReadOnlySpan<TInput> inputs, int fewest, TimeSpan duration, TimeProvider time,
        CancellationToken cancellationToken = default)
    {
        var embeddings = new float[inputs.Length * encoder.Dimensions];
        var norms = new float[inputs.Length];
        for (var i = 0; i < WarmUps; i++)
            encoder.WarmUp(inputs, embeddings, norms);

        var start = time.GetTimestamp();
        var passes = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            encoder.Encode(inputs, embeddings, norms);
            passes++;
        }
        while (passes < fewest || time.GetElapsedTime(start) < duration);

        return time.GetElapsedTime(start) / passes;
    }
}
