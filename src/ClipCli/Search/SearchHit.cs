namespace ClipGrpc.Cli.Search;

/// <param name="Path">Of the image: the folder as it was given, and the path below it.</param>
/// <param name="Cosine">Of the image's embedding and the query's.</param>
internal sealed record SearchHit(string Path, float Cosine);
