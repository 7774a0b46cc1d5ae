using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Models;

/// <summary>The result of one request item: an embedding, or the error that kept it from one.</summary>
internal readonly record struct ItemResult(EmbeddingResult Embedding, ClipException? Error);
