namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The items of one call, which fails if one of them does: for a deadline they are one piece of work. An object per
/// call, equal only to itself.
/// </summary>
internal sealed class ItemGroup;
