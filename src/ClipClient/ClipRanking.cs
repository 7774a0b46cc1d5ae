namespace ClipGrpc.Client;

/// <summary>Candidates in the order of their similarity to a query.</summary>
/// <param name="Ranked">Most similar first; as many as were asked for.</param>
/// <param name="Errors">Candidates that could not be embedded, by their place among the candidates, from 0.</param>
/// <param name="Model">The model and revision that made it.</param>
/// <param name="Timings">Where the time went.</param>
public sealed record ClipRanking(
    IReadOnlyList<ClipRankedCandidate> Ranked,
    IReadOnlyDictionary<int, ClipError> Errors,
    ClipModelRef Model,
    ClipTimings Timings);
