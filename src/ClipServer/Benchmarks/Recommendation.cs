using System.Globalization;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>How to start the server.</summary>
/// <param name="Flags">Empty: as it starts without.</param>
/// <param name="Reason">A sentence or two with the numbers.</param>
internal sealed record Recommendation(IReadOnlyList<string> Flags, string Reason)
{
    // Measurements of a shared machine differ by as much.
    private const double LeastGain = 1.1;

    /// <summary>
    /// The fastest candidate with images, decoding included, of those that are exact enough. The default stays unless
    /// another is clearly faster.
    /// </summary>
    /// <param name="rows">With the candidates that were measured.</param>
    /// <param name="providers">Libraries of plug-ins by name.</param>
    /// <returns>Null: the default was not measured.</returns>
    public static Recommendation? Of(
        IReadOnlyList<(Candidate Candidate, BenchmarkRow Row)> rows, IReadOnlyDictionary<string, string> providers)
    {
        var measured = rows.Where(each => each.Row.ImagesPerSecond > 0).ToList();
        var usual = measured.Find(each => each.Candidate == Candidate.Default);
        if (usual.Row is null)
            return null;

        var best = measured.Where(each => each.Row.IsExactEnough).Append(usual).MaxBy(Rate);
        var inexact = measured.Where(each => !each.Row.IsExactEnough && Rate(each) > Rate(best))
            .OrderByDescending(Rate).FirstOrDefault();
        var note = inexact.Row is null ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $" {inexact.Candidate} is faster ({Rate(inexact):0.#} images/s), but its lowest cosine, "
            + $"{inexact.Row.LowestCosine:0.00000}, is below {BenchmarkRow.ExactEnough}.");
        return Rate(best) >= LeastGain * Rate(usual)
            ? new Recommendation(best.Candidate.Flags(providers), ReasonFor(best, usual) + note)
            : new Recommendation([], ReasonToStay(best, usual) + note);
    }

    private static double Rate((Candidate Candidate, BenchmarkRow Row) each) => each.Row.ImagesPerSecond ?? 0;

    private static string ReasonFor(
        (Candidate Candidate, BenchmarkRow Row) best, (Candidate Candidate, BenchmarkRow Row) usual) => string.Create(
        CultureInfo.InvariantCulture,
        $"{best.Candidate} embeds {Rate(best):0.#} images/s with decoding, {Rate(best) / Rate(usual):0.0} times as "
        + $"many as the default, {usual.Candidate} ({Rate(usual):0.#}), and its embeddings have a cosine of at least "
        + $"{best.Row.LowestCosine:0.00000} to those of the default.");

    private static string ReasonToStay(
        (Candidate Candidate, BenchmarkRow Row) best, (Candidate Candidate, BenchmarkRow Row) usual) =>
        best == usual
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The default, {usual.Candidate}, embeds {Rate(usual):0.#} images/s with decoding; nothing that is "
                + $"exact enough is faster.")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The default, {usual.Candidate}, embeds {Rate(usual):0.#} images/s with decoding; the fastest, "
                + $"{best.Candidate} ({Rate(best):0.#}), gains less than 10 %.");
}
