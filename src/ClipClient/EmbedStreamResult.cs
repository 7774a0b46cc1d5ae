using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>The response to one input of an embedding stream.</summary>
/// <param name="Id">The id of the input.</param>
/// <param name="Result">The embedding or the error.</param>
[DebuggerDisplay("{Id,nq}: {Result}")]
public sealed record EmbedStreamResult(string Id, ClipResult<ClipEmbedding> Result);
