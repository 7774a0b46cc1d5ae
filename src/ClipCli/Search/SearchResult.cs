using ClipGrpc.V1;

namespace ClipGrpc.Cli.Search;

/// <param name="Folder">As it was given.</param>
/// <param name="Query">A text, or the path of an image.</param>
/// <param name="Images">Images of the folder that were compared.</param>
/// <param name="Hits">The best first.</param>
internal sealed record SearchResult(
    string Folder, string Query, Model Model, int Images, IReadOnlyList<SearchHit> Hits);
