namespace ClipGrpc.Cli.Embeddings;

/// <summary>What the users of a command know an <see cref="EmbeddingStore"/> by.</summary>
/// <param name="File">The option that names the file.</param>
/// <param name="Restart">The option that begins it again.</param>
internal sealed record StoreFlags(string File, string Restart);
