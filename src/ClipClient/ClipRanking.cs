using System.Diagnostics;
using System.Globalization;

namespace ClipGrpc.Client;

/// <summary>Candidates in the order of their similarity to a query.</summary>
/// <param name="Ranked">The requested number of candidates, most similar first.</param>
/// <param name="Errors">Candidates that could not be embedded, by their zero-based index.</param>
/// <param name="Model">The model that produced it.</param>
/// <param name="Timings">The server's timings.</param>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record ClipRanking(
    IReadOnlyList<ClipRankedCandidate> Ranked,
    IReadOnlyDictionary<int, ClipError> Errors,
    ClipModelRef Model,
    ClipTimings Timings)
{
    /// <summary>Returns the number of candidates, the most similar one, and the number of errors.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"ranked: {Ranked.Count}{(Ranked is [var best, ..] ? $", best: {best}" : "")}, errors: {Errors.Count}");
}
