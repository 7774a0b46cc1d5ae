using Microsoft.Extensions.AI;

namespace ClipGrpc.Client;

/// <summary>Adds steps to the pipeline of an embedding generator.</summary>
public static class ClipEmbeddingGeneratorBuilderExtensions
{
    /// <summary>
    /// Adds the model and its revision to the keys of the cache that follows, see
    /// <see cref="ClipRevisionEmbeddingGenerator{TInput}"/>: <c>.UseClipRevision().UseDistributedCache()</c>.
    /// </summary>
    /// <typeparam name="TInput">Texts or images.</typeparam>
    public static EmbeddingGeneratorBuilder<TInput, Embedding<float>> UseClipRevision<TInput>(
        this EmbeddingGeneratorBuilder<TInput, Embedding<float>> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(inner => new ClipRevisionEmbeddingGenerator<TInput>(inner));
    }
}
