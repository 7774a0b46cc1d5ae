namespace ClipGrpc.Models.Hub;

/// <summary>What of a model is to be removed from the cache.</summary>
/// <param name="Model">Its folder in the cache.</param>
/// <param name="Snapshots">Folders.</param>
/// <param name="Refs">Files with the commit of a branch or tag.</param>
/// <param name="Blobs">Files that nothing needs when the snapshots are gone, parts of downloads included.</param>
/// <param name="Bytes">Of all of it on the disk.</param>
internal sealed record CacheRemoval(
    HubModelId Model,
    IReadOnlyList<string> Snapshots,
    IReadOnlyList<string> Refs,
    IReadOnlyList<string> Blobs,
    long Bytes)
{
    public bool IsEmpty => Snapshots.Count == 0 && Refs.Count == 0 && Blobs.Count == 0;
}
