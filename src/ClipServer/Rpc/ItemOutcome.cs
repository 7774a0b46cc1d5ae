using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Rpc;

/// <summary>What became of one input: an embedding, or why there is none.</summary>
internal readonly record struct ItemOutcome(ItemEmbedding Embedding, ClipException? Error);
