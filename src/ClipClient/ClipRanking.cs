using System.Diagnostics;
using System.Globalization;

namespace ClipGrpc.Client;

/// <summary>Candidates in the order of their similarity to a query.</summary>
/// <param name="Ranked">Most similar first; as many as were asked for.</param>
/// <param name="Errors">Candidates that could not be embedded, by their place among the candidates, from 0.</param>
/// <param name="Model">The model and revision that made it.</param>
/// <param name="Timings">Where the time went.</param>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record ClipRanking(
    IReadOnlyList<ClipRankedCandidate> Ranked,
    IReadOnlyDictionary<int, ClipError> Errors,
    ClipModelRef Model,
    ClipTimings Timings)
{
    /// <summary>How many candidates, the most similar one, and how many errors.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"ranked: {Ranked.Count}{(Ranked is [var best, ..] ? $", best: {best}" : "")}, errors: {Errors.Count}");
}
