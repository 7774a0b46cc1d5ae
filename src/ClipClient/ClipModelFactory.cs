namespace ClipGrpc.Client;

/// <summary>Creates results, for tests of code that uses a <see cref="ClipClient"/> with overridden members.</summary>
public static class ClipModelFactory
{
    private static readonly ClipModelRef DefaultModel = new("demo", "000000000000");

    /// <summary>An embedding.</summary>
    public static ClipEmbedding Embedding(
        ReadOnlyMemory<float> vector,
        int tokenCount = 0,
        bool truncated = false,
        ClipModelRef? model = null,
        ClipTimings? timings = null) =>
        new(vector, tokenCount, truncated, model ?? DefaultModel, timings ?? ClipTimings.None);

#if NET
    /// <summary>An embedding that was sent in half precision.</summary>
    public static ClipEmbedding HalfEmbedding(
        ReadOnlyMemory<Half> vector,
        int tokenCount = 0,
        bool truncated = false,
        ClipModelRef? model = null,
        ClipTimings? timings = null) =>
        new(vector, tokenCount, truncated, model ?? DefaultModel, timings ?? ClipTimings.None);
#endif

    /// <summary>A classification.</summary>
    /// <param name="predictions">Most probable first.</param>
    /// <param name="truncatedSentences">Sentences that were truncated.</param>
    /// <param name="model">The model that produced it.</param>
    /// <param name="timings">The server's timings.</param>
    /// <param name="scores">The probabilities of all labels.</param>
    public static ClipClassification Classification(
        IEnumerable<ClipPrediction> predictions,
        int truncatedSentences = 0,
        ClipModelRef? model = null,
        ClipTimings? timings = null,
        IEnumerable<float>? scores = null)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        return new ClipClassification(
            [.. predictions], truncatedSentences, model ?? DefaultModel, timings ?? ClipTimings.None)
        {
            Scores = [.. scores ?? []],
        };
    }

    /// <summary>A ranking.</summary>
    /// <param name="ranked">Most similar first.</param>
    /// <param name="errors">Candidates that could not be embedded.</param>
    /// <param name="model">The model that produced it.</param>
    /// <param name="timings">The server's timings.</param>
    public static ClipRanking Ranking(
        IEnumerable<ClipRankedCandidate> ranked,
        IReadOnlyDictionary<int, ClipError>? errors = null,
        ClipModelRef? model = null,
        ClipTimings? timings = null)
    {
        ArgumentNullException.ThrowIfNull(ranked);
        return new ClipRanking(
            [.. ranked], errors ?? new Dictionary<int, ClipError>(), model ?? DefaultModel,
            timings ?? ClipTimings.None);
    }
}
