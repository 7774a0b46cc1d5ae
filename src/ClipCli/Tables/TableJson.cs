using System.Text.Json.Serialization;

namespace ClipGrpc.Cli.Tables;

/// <summary>The lines of a names file and what a journal holds beside its embeddings.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EmbeddingRow))]
[JsonSerializable(typeof(TableIdentity))]
internal sealed partial class TableJson : JsonSerializerContext;
