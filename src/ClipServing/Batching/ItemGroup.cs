namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The items of a call, which fails if one of them fails, so they are one unit of work for a deadline. One object per
/// call, compared by reference.
/// </summary>
internal sealed class ItemGroup;
