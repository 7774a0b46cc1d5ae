namespace ClipGrpc.Client;

/// <summary>A candidate and how similar it is to the query.</summary>
/// <param name="Index">Its place among the candidates, from 0.</param>
/// <param name="Cosine">Cosine similarity with the query; −1 to 1.</param>
/// <param name="Probability">
/// Softmax over all candidates that could be embedded, of logit scale × cosine; 0 to 1.
/// </param>
public readonly record struct ClipRankedCandidate(int Index, float Cosine, float Probability);
