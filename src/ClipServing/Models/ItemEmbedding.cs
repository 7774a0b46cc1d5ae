namespace ClipGrpc.Serving.Models;

/// <summary>An embedded image or text.</summary>
/// <param name="Vector">L2 norm 1.</param>
/// <param name="Norm">The L2 norm before normalisation.</param>
/// <param name="TokenCount">Texts: tokens before any cut; images: 0.</param>
internal readonly record struct ItemEmbedding(
    ReadOnlyMemory<float> Vector, float Norm, int TokenCount, bool Truncated, ItemTimings Timings);
