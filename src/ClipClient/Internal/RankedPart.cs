using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>The response to one call of a ranking, and how several become one.</summary>
internal sealed class RankedPart
{
    private RankedPart(ClipModelRef model, ClipTimings timings, RankedCandidate? best)
    {
        Model = model;
        Timings = timings;
        Best = best;
    }

    public ClipModelRef Model { get; }

    public ClipTimings Timings { get; }

    /// <summary>Null where no candidate could be embedded.</summary>
    private RankedCandidate? Best { get; }

    /// <summary>Gives one result per candidate of the call, in their order.</summary>
    public static IReadOnlyList<ClipResult<Candidate>> From(RankResponse response, int count)
    {
        var part = new RankedPart(
            ClipModelRef.From(response.Model),
            ClipTimings.From(response.Timings),
            response.Ranked.Count > 0 ? response.Ranked[0] : null);
        var results = new ClipResult<Candidate>[count];
        foreach (var failed in response.Errors)
            results[Index(failed.Index)] = new(ClipError.From(failed.Error, $"candidates[{failed.Index}]"));
        foreach (var ranked in response.Ranked)
            results[Index(ranked.Index)] = new(new Candidate(part, ranked.Cosine, ranked.Probability));

        // Not among the best of this call, so not among the best of all.
        var other = new ClipResult<Candidate>(new Candidate(part, null, 0));
        for (var i = 0; i < count; i++)
            results[i] ??= other;
        return results;

        int Index(uint index) => index < count
            ? (int)index
            : throw Responses.Malformed($"candidate {index} of {count} does not exist");
    }

    /// <summary>The calls, in their order.</summary>
    public static IReadOnlyList<RankedPart> Of(IEnumerable<ClipResult<Candidate>> results) =>
        [.. results.Where(result => result.IsSuccess).Select(result => result.Value.Part).Distinct()];

    /// <param name="results">One per candidate.</param>
    /// <param name="topK">0 means all.</param>
    /// <param name="logitScale">The model's; not needed for a single call.</param>
    public static ClipRanking Merge(List<ClipResult<Candidate>> results, int topK, float logitScale)
    {
        var errors = new Dictionary<int, ClipError>();
        var ranked = new List<(int Index, float Cosine, double Probability)>();
        var parts = Of(results);
        var shares = Shares(parts, logitScale);
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].Error is { } error)
                errors.Add(i, error);
            else if (results[i].Value is { Cosine: { } cosine } candidate)
                ranked.Add((i, cosine, candidate.Probability * shares[candidate.Part]));
        }

        // The order of the server: by probability; equal ones, such as those that underflow to 0, by cosine.
        var best = ranked.OrderByDescending(one => one.Probability).ThenByDescending(one => one.Cosine)
            .ThenBy(one => one.Index)
            .Select(one => new ClipRankedCandidate(one.Index, one.Cosine, (float)one.Probability));
        return new ClipRanking(
            [.. topK == 0 ? best : best.Take(topK)],
            errors,
            parts.Count > 0 ? parts[0].Model : ClipModelRef.Unknown,
            Slowest(parts));
    }

    /// <summary>
    /// The part of all probability that each call's candidates have together. A call's best candidate tells the sum
    /// that its softmax divided by: exp(scale × cosine) / probability.
    /// </summary>
    private static Dictionary<RankedPart, double> Shares(IReadOnlyList<RankedPart> parts, float logitScale)
    {
        if (parts.Count == 1)
            return new Dictionary<RankedPart, double> { [parts[0]] = 1 };

        var highest = double.NegativeInfinity;
        foreach (var part in parts)
            highest = double.MaxNumber(highest, part.Best?.Cosine ?? double.NaN);
        var sums = parts.ToDictionary(part => part, part => part.Best is { Probability: > 0 } best
            ? Math.Exp(logitScale * (best.Cosine - highest)) / best.Probability
            : 0);
        var all = sums.Values.Sum();
        return sums.ToDictionary(sum => sum.Key, sum => all > 0 ? sum.Value / all : 0);
    }

    private static ClipTimings Slowest(IReadOnlyList<RankedPart> parts) => parts.Count == 0
        ? ClipTimings.None
        : new ClipTimings
        {
            Queue = parts.Max(part => part.Timings.Queue),
            Preprocess = parts.Max(part => part.Timings.Preprocess),
            Inference = parts.Max(part => part.Timings.Inference),
            Total = parts.Max(part => part.Timings.Total),
            BatchSize = parts.Max(part => part.Timings.BatchSize),
        };

    /// <summary>A candidate that could be embedded.</summary>
    /// <param name="Part">The call it was part of.</param>
    /// <param name="Cosine">Null where it was not among the best of its call.</param>
    /// <param name="Probability">Among the candidates of its call.</param>
    internal sealed record Candidate(RankedPart Part, float? Cosine, float Probability);
}
