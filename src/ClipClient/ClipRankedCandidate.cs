using System.Diagnostics;
using System.Globalization;

namespace ClipGrpc.Client;

/// <summary>A candidate and how similar it is to the query.</summary>
/// <param name="Index">The zero-based index of the candidate.</param>
/// <param name="Cosine">Cosine similarity with the query; −1 to 1.</param>
/// <param name="Probability">
/// Softmax over all candidates that could be embedded, of logit scale × cosine; 0 to 1.
/// </param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct ClipRankedCandidate(int Index, float Cosine, float Probability)
{
    /// <summary>The index of the candidate, its cosine similarity and its probability.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"[{Index}] cosine {Cosine:F3}, {Probability:P1}");
}
