namespace ClipGrpc.Client;

/// <summary>The result of one region of a frame.</summary>
/// <param name="Id"><see cref="VideoRegion.Id"/>.</param>
/// <param name="Classification">Its classes.</param>
public sealed record VideoRegionResult(string Id, ClipClassification Classification)
{
    /// <summary>
    /// The model was not run, because the region hardly differs from the last one that was run; the result is that of
    /// the last one.
    /// </summary>
    public bool Skipped { get; init; }

    /// <summary>The region starts a new scene.</summary>
    public bool SceneChange { get; init; }

    /// <summary>
    /// The embedding of the region, with an L2 norm of 1. Empty unless <see cref="VideoCallOptions.IncludeEmbedding"/>
    /// is set.
    /// </summary>
    public ReadOnlyMemory<float> Embedding { get; init; }
}
