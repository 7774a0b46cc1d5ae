namespace ClipGrpc.Models.Graphs;

/// <summary>One tower as ONNX, without its large tensors.</summary>
/// <param name="Model">The serialised model.</param>
/// <param name="Constants">The large tensors that a session must be given.</param>
/// <param name="InFiles">
/// The large tensors that a session reads from files itself if it is not given them, and does not compute with in
/// place; empty if it would ignore what it is given.
/// </param>
/// <param name="Folder">Of the files that a session reads by itself; null: none.</param>
internal sealed record TowerGraph(
    byte[] Model, IReadOnlyList<GraphConstant> Constants, IReadOnlyList<FileConstant> InFiles, string? Folder)
{
    /// <summary>Output, float32 [n, dimensions]: rows of L2 norm 1.</summary>
    public const string Embedding = "embedding";

    /// <summary>Output, float32 [n]: the L2 norm that each row had.</summary>
    public const string Norm = "norm";

    /// <summary>
    /// The file that <see cref="Constants"/> are said to lie in where <see cref="Folder"/> is null. The runtime wants
    /// it to exist, though it never reads it.
    /// </summary>
    public const string PlaceholderFile = "constants";
}
