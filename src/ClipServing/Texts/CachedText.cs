namespace ClipGrpc.Serving.Texts;

/// <summary>What is kept of an embedded text.</summary>
/// <param name="Embedding">L2 norm 1; its own copy.</param>
/// <param name="Norm">The L2 norm before normalisation.</param>
/// <param name="TokenCount">Tokens of the whole text, before any cut.</param>
internal sealed record CachedText(float[] Embedding, float Norm, int TokenCount, bool Truncated);
