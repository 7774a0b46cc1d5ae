namespace ClipGrpc.Cli.Embeddings;

/// <summary>What an embedding was made of.</summary>
/// <param name="Name">The image's path below the folder of images, or a hash of a class's sentences.</param>
/// <param name="Size">Bytes of the file.</param>
/// <param name="Modified">UTC ticks of its last change.</param>
internal readonly record struct EmbeddingKey(string Name, long Size = 0, long Modified = 0);
