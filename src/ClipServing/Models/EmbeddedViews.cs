using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Models;

/// <summary>The views of an image that were embedded.</summary>
/// <param name="Views">Per view; null: it was not chosen.</param>
/// <param name="Preprocess">From its arrival until it was prepared, and the views were chosen.</param>
internal readonly record struct EmbeddedViews(EmbeddingResult?[] Views, TimeSpan Preprocess);

/// <summary>Chooses which views of an image are embedded, by their pixels: Size × Size × 3 bytes each.</summary>
/// <param name="views">Readable until the result is there.</param>
internal delegate ValueTask<bool[]> ViewChoice(IReadOnlyList<ReadOnlyMemory<byte>> views);
