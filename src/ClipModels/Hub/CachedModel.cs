namespace ClipGrpc.Models.Hub;

/// <summary>A model's snapshot in the cache.</summary>
/// <param name="Revisions">Branches and tags that stood for the commit when they were last asked for.</param>
/// <param name="Size">Of the files it has, in bytes.</param>
/// <param name="Weights">The weights or the image tower that would be served; null where none is complete.</param>
internal sealed record CachedModel(
    string Id, string Commit, IReadOnlyList<string> Revisions, long Size, string? Weights, string Folder);
