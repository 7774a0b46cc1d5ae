using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Search;

/// <param name="Key">Its path below the folder, size and time: with any other it is another image.</param>
internal sealed record IndexedImage(EmbeddingKey Key, CliInput Input);
