namespace ClipGrpc.Client;

/// <summary>The result of one region of a frame.</summary>
/// <param name="Id"><see cref="VideoRegion.Id"/>.</param>
/// <param name="Classification">Its classes.</param>
public sealed record VideoRegionResult(string Id, ClipClassification Classification)
{
    /// <summary>
    /// The model was not run, because the region hardly differs from when it was run last; the result is that one.
    /// </summary>
    public bool Skipped { get; init; }

    /// <summary>The region differs much from that of the frame before.</summary>
    public bool SceneChange { get; init; }

    /// <summary>
    /// The embedding of the region, of L2 norm 1; empty unless <see cref="VideoCallOptions.IncludeEmbedding"/> is set.
    /// </summary>
    public ReadOnlyMemory<float> Embedding { get; init; }
}
