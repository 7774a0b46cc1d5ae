using Microsoft.Extensions.AI;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>
/// Caches as DistributedCachingEmbeddingGenerator of Microsoft.Extensions.AI does: a vector's key is a hash of the JSON
/// of the value and the options.
/// </summary>
internal sealed class CachingGenerator<TInput>(
    IEmbeddingGenerator<TInput, Embedding<float>> inner, Dictionary<string, Embedding<float>> cache)
    : DelegatingEmbeddingGenerator<TInput, Embedding<float>>(inner)
{
    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var value in values)
        {
            var key = AIJsonUtilities.HashDataToString([value, options]);
            if (!cache.TryGetValue(key, out var embedding))
            {
                embedding = (await base.GenerateAsync([value], options, cancellationToken))[0];
                cache.Add(key, embedding);
            }

            embeddings.Add(embedding);
        }

        return embeddings;
    }
}
