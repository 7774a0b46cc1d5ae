using System.Collections.Concurrent;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.AI;

namespace ClipGrpc.Client;

/// <summary>
/// Makes caches right: it goes around a caching generator over a <see cref="ClipEmbeddingGenerator{TInput}"/> and adds
/// to the options of each call, of which such caches make their keys, the model's name and revision and whatever else
/// decides the vectors. A vector of another revision is refused before it reaches the cache, and the call repeated with
/// the revision that the server has now.
/// <para>
/// <c>generator.AsBuilder().Use(inner =&gt; new ClipRevisionEmbeddingGenerator&lt;string&gt;(inner))
/// .UseDistributedCache(cache).Build()</c>
/// </para>
/// </summary>
/// <typeparam name="TInput">Texts or images.</typeparam>
public sealed class ClipRevisionEmbeddingGenerator<TInput> : DelegatingEmbeddingGenerator<TInput, Embedding<float>>
{
    // Replicas of two revisions, in the middle of a rollout, may answer in turn.
    private const int MaxAttempts = 3;

    // A cache that has everything would otherwise keep to a revision that is gone.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ClipEmbeddingGenerator<TInput> _generator;
    private readonly ConcurrentDictionary<string, Served> _served = new();

    /// <summary>Goes around a caching generator.</summary>
    /// <param name="innerGenerator">The caching generator; disposed with this one.</param>
    /// <exception cref="ArgumentException">
    /// There is no <see cref="ClipEmbeddingGenerator{TInput}"/> inside of it.
    /// </exception>
    public ClipRevisionEmbeddingGenerator(IEmbeddingGenerator<TInput, Embedding<float>> innerGenerator)
        : base(innerGenerator)
    {
        _generator = innerGenerator.GetService<ClipEmbeddingGenerator<TInput>>()
            ?? throw new ArgumentException(
                $"There is no {typeof(ClipEmbeddingGenerator<TInput>)} inside of {innerGenerator}.",
                nameof(innerGenerator));
    }

    /// <summary>Embeds the values, or takes their vectors from the cache.</summary>
    /// <param name="values">Texts or images.</param>
    /// <param name="options">As for <see cref="ClipEmbeddingGenerator{TInput}.GenerateAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <returns>One embedding per value, in their order, all of one revision.</returns>
    /// <exception cref="ClipClientException">
    /// As for <see cref="ClipEmbeddingGenerator{TInput}.GenerateAsync"/>; NOT_FOUND: no such model; ABORTED: its revision
    /// changed again and again.
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
        return served;
    }

    private async Task<Model> DefaultModelAsync(CancellationToken cancellationToken)
    {
        var response = await _generator.Client.ListModelsAsync(cancellationToken).ConfigureAwait(false);
        return response.Models.FirstOrDefault(model => model.IsDefault)
            ?? throw new ClipClientException(StatusCode.NotFound, "The server has no default model; name one.");
    }

    private sealed record Served(string Name, string Revision, DateTimeOffset Until);
}
