using Microsoft.Extensions.AI;

namespace ClipGrpc.Client;

/// <summary>
/// What is known about the model of a <see cref="ClipEmbeddingGenerator{TInput}"/>: before its first response the name
/// in its options, then also the name, revision and dimensions that the server reports.
/// </summary>
public sealed class ClipEmbeddingGeneratorMetadata : EmbeddingGeneratorMetadata
{
    internal ClipEmbeddingGeneratorMetadata(
        Uri address, string? model, string? revision = null, int? dimensions = null)
        : base("clip-grpc", address, model, dimensions)
    {
        Revision = revision;
    }

    /// <summary>The revision of the model that served the last call; null before the first.</summary>
    public string? Revision { get; }
}
