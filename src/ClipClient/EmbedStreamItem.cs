using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>An input of an embedding stream.</summary>
/// <param name="Id">Comes back with the result; need not be unique.</param>
/// <param name="Input">The image or text.</param>
[DebuggerDisplay("{Id,nq}: {Input}")]
public sealed record EmbedStreamItem(string Id, ClipInput Input);
