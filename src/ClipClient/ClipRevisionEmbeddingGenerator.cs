using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.AI;

namespace ClipGrpc.Client;

/// <summary>
/// Adds the model's name, its revision and the options that the vectors depend on to the keys of a cache. It wraps a
/// caching generator over a <see cref="ClipEmbeddingGenerator{TInput}"/> and puts them into the options of each call,
/// from which the cache derives its keys. If the server then returns a vector of another revision, the call is repeated
/// with that revision, and the vector is not cached under the old key.
/// <para>
/// <c>generator.AsBuilder().Use(inner =&gt; new ClipRevisionEmbeddingGenerator&lt;string&gt;(inner))
/// .UseDistributedCache(cache).Build()</c>
/// </para>
/// </summary>
/// <typeparam name="TInput">Texts or images.</typeparam>
public sealed class ClipRevisionEmbeddingGenerator<TInput> : DelegatingEmbeddingGenerator<TInput, Embedding<float>>
{
    // During a rollout, replicas with two revisions may respond in turn.
    private const int MaxAttempts = 3;

    // If everything is in the cache, no response would show that the revision has changed.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ClipEmbeddingGenerator<TInput> _generator;
    private readonly ConcurrentDictionary<string, Served> _served = new();

    /// <summary>Wraps a caching generator.</summary>
    /// <param name="innerGenerator">The caching generator; disposed with this one.</param>
    /// <exception cref="ArgumentException">
    /// It does not wrap a <see cref="ClipEmbeddingGenerator{TInput}"/>.
    /// </exception>
    public ClipRevisionEmbeddingGenerator(IEmbeddingGenerator<TInput, Embedding<float>> innerGenerator)
        : base(innerGenerator)
    {
        _generator = innerGenerator.GetService<ClipEmbeddingGenerator<TInput>>()
            ?? throw new ArgumentException(
                "It must wrap a ClipTextEmbeddingGenerator, ClipImageEmbeddingGenerator or "
                + "ClipDataContentEmbeddingGenerator.",
                nameof(innerGenerator));
    }

    /// <summary>Embeds the values, or takes their vectors from the cache.</summary>
    /// <param name="values">Texts or images.</param>
    /// <param name="options">As for <see cref="ClipEmbeddingGenerator{TInput}.GenerateAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <returns>One embedding per value, in their order, all of one revision.</returns>
    /// <exception cref="ClipClientException">
    /// As for <see cref="ClipEmbeddingGenerator{TInput}.GenerateAsync"/>; NOT_FOUND: the model does not exist; ABORTED:
    /// its revision changed repeatedly.
    /// </exception>
    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        TInput[] inputs = [.. values];
        var requested = options?.ModelId ?? _generator.Model;
        for (var attempt = 1; ; attempt++)
        {
            var served = await ServedAsync(requested, cancellationToken).ConfigureAwait(false);
            try
            {
                return await base.GenerateAsync(inputs, WithKey(options, served), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (ClipClientException exception)
                when (exception.ServedRevision is { } revision && attempt < MaxAttempts)
            {
                _served[requested] = served with { Revision = revision };
            }
        }
    }

    private EmbeddingGenerationOptions WithKey(EmbeddingGenerationOptions? options, Served served)
    {
        var keyed = options?.Clone() ?? new EmbeddingGenerationOptions();
        keyed.ModelId = served.Name;
        keyed.AdditionalProperties ??= [];
        keyed.AdditionalProperties[ClipEmbeddingGenerator<TInput>.RevisionProperty] = served.Revision;
        keyed.AdditionalProperties[ClipEmbeddingGenerator<TInput>.OptionsProperty] = _generator.OptionsKey;
        return keyed;
    }

    private async Task<Served> ServedAsync(string requested, CancellationToken cancellationToken)
    {
        var now = _generator.Client.Now;
        if (_served.TryGetValue(requested, out var known) && now < known.Until)
            return known;

        var model = requested.Length > 0
            ? await _generator.Client.GetModelAsync(requested, cancellationToken).ConfigureAwait(false)
            : await DefaultModelAsync(cancellationToken).ConfigureAwait(false);
        var served = new Served(model.Name, model.Revision, now + Lifetime);
        _served[requested] = served;
        if (requested == _generator.Model)
            _generator.Describe(model.Name, model.Revision, model.Architecture?.EmbeddingDimensions);
        return served;
    }

    private async Task<ClipModel> DefaultModelAsync(CancellationToken cancellationToken)
    {
        var response = await _generator.Client.ListModelsAsync(cancellationToken).ConfigureAwait(false);
        return response.Models.FirstOrDefault(model => model.IsDefault)
            ?? throw new ClipClientException(
                StatusCode.NotFound, "The server has no default model. Name a model in the options.");
    }

    private sealed record Served(string Name, string Revision, DateTimeOffset Until);
}
