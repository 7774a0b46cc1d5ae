using Grpc.Core;
using Microsoft.Extensions.AI;

namespace ClipGrpc.Client;

/// <summary>
/// Embeddings for code that uses <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>: vectors with the model's
/// dimensions and an L2 norm of 1. The interface has no errors per item, so an item that fails also fails the call.
/// <para>
/// With a cache, use <see cref="ClipRevisionEmbeddingGenerator{TInput}"/>, which adds the model and its revision to the
/// cache's keys.
/// </para>
/// </summary>
/// <typeparam name="TInput">Texts or images.</typeparam>
public abstract class ClipEmbeddingGenerator<TInput> : IEmbeddingGenerator<TInput, Embedding<float>>
{
    internal const string RevisionProperty = "clip.revision";
    internal const string OptionsProperty = "clip.options";

    private readonly ClipClient _client;
    private readonly EmbedCallOptions _options;
    private volatile ClipEmbeddingGeneratorMetadata _metadata;

    private protected ClipEmbeddingGenerator(ClipClient client, EmbedCallOptions? options)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = options ?? new EmbedCallOptions();
        _metadata = new ClipEmbeddingGeneratorMetadata(
            client.Address, _options.Model.Length > 0 ? _options.Model : null);
    }

    internal ClipClient Client => _client;

    /// <summary>The model that a call without one uses; empty means the server's default.</summary>
    internal string Model => _options.Model;

    /// <summary>The options that the vectors depend on.</summary>
    internal string OptionsKey => (_options with { Priority = default }).ToMessage().ToString();

    /// <summary>Embeds the values, in as many calls as the server's limits require.</summary>
    /// <param name="values">Texts or images.</param>
    /// <param name="options">
    /// <see cref="EmbeddingGenerationOptions.ModelId"/> names the model;
    /// <see cref="EmbeddingGenerationOptions.Dimensions"/> is checked, for a CLIP has one size only.
    /// </param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <returns>One embedding per value, in their order.</returns>
    /// <exception cref="ClipClientException">A call or an item failed; the message names the item.</exception>
    /// <exception cref="NotSupportedException">The requested dimensions are not those of the model.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var inputs = values.Select(ToInput).ToAsyncEnumerable();
        var call = options?.ModelId is { } model ? _options with { Model = model } : _options;
        var revision = options?.AdditionalProperties?.GetValueOrDefault(RevisionProperty) as string;
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        await foreach (var result in _client.EmbedAsync(inputs, call, cancellationToken).ConfigureAwait(false))
        {
            if (result.Error is { } error)
                throw new ClipClientException(error.Code, $"Value {embeddings.Count}: {error.Message}");

            CheckRevision(result.Value.Model, revision);
            if (options?.ModelId is null)
                Describe(result.Value.Model.Name, result.Value.Model.Revision, result.Value.Vector.Length);
            embeddings.Add(ToEmbedding(result.Value, options?.Dimensions));
            tokens += result.Value.TokenCount;
        }

        if (tokens > 0)
            embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    /// <summary>
    /// Returns the <see cref="ClipEmbeddingGeneratorMetadata"/>, the <see cref="ClipClient"/> or this object.
    /// </summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType.IsInstanceOfType(_metadata) && serviceType != typeof(object))
            return _metadata;
        if (serviceType == typeof(ClipClient))
            return _client;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: the client is not disposed with the generator.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    private protected abstract ClipInput ToInput(TInput value, int index);

    /// <summary>Of the generator's own model only: a call may name another.</summary>
    internal void Describe(string model, string revision, int? dimensions)
    {
        var known = _metadata;
        if (known.DefaultModelId != model || known.Revision != revision || known.DefaultModelDimensions != dimensions)
            _metadata = new ClipEmbeddingGeneratorMetadata(_client.Address, model, revision, dimensions);
    }

    private static void CheckRevision(ClipModelRef model, string? expected)
    {
        if (expected is not null && model.Revision != expected)
        {
            throw new ClipClientException(
                StatusCode.Aborted,
                $"The server now has revision {model.Revision} of {model.Name}, not {expected}; retry the call.")
            {
                ServedRevision = model.Revision,
            };
        }
    }

    private Embedding<float> ToEmbedding(ClipEmbedding embedding, int? dimensions)
    {
        if (dimensions is { } wanted && wanted != embedding.Vector.Length)
        {
            throw new NotSupportedException(
                $"The model {embedding.Model.Name} has {embedding.Vector.Length} dimensions, not {wanted}.");
        }

        return new Embedding<float>(embedding.Vector)
        {
            ModelId = embedding.Model.Name,
            CreatedAt = _client.Now,
        };
    }
}
