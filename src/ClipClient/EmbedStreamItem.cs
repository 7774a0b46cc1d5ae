using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>An input of an embedding stream.</summary>
/// <param name="Id">An id that is returned with the result. It does not have to be unique.</param>
/// <param name="Input">The image or text.</param>
[DebuggerDisplay("{Id,nq}: {Input}")]
public sealed record EmbedStreamItem(string Id, ClipInput Input);
