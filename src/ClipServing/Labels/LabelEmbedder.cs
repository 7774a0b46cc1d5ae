using System.Numerics.Tensors;
using ClipGrpc.Models.Tensors;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Serving.Labels;

/// <summary>Turns labels and templates into label embeddings, once for each model and set.</summary>
internal sealed class LabelEmbedder(LabelSetStore store, ICacheObserver observer, TimeProvider time)
{
    private readonly SingleFlight<string, LabelSet> _running = new(time);

    /// <exception cref="ClipException">NotFound: no such set for this model.</exception>
    public LabelSet Get(RunningModel model, string id)
    {
        var identity = model.Info.Identity;
        if (store.TryGet(id, out var set) && set.ModelIdentity == identity)
            return set;

        var known = store.IdsOf(identity);
        throw new ClipException(
            ClipErrorReason.LabelSetNotFound,
            $"Label set \"{Excerpt.Of(id)}\" not found for model \"{model.Name}\"; create it with CreateLabelSet. "
            + (known.Count == 0
                ? "The model has no label sets."
                : $"Its label sets: {string.Join(", ", known.Take(10))}."))
        {
            Metadata = new Dictionary<string, string>
            {
                [ErrorMetadata.Model] = model.Name,
                [ErrorMetadata.LabelSetId] = Excerpt.Of(id),
            },
        };
    }

    /// <summary>Whether the labels need no work.</summary>
    public bool Contains(RunningModel model, LabelSetDefinition definition) =>
        store.TryGet(definition.ComputeId(model.Info.Identity), out _);

    public async Task<LabelSet> GetOrCreateAsync(
        RunningModel model, LabelSetDefinition definition, WorkContext context)
    {
        var id = definition.ComputeId(model.Info.Identity);
        var known = store.TryGet(id, out var set);
        observer.CacheAsked("label_set", known);
        if (known)
            return set!;

        return await _running.RunAsync(
            id,
            context,
            async work =>
            {
                var made = await CreateAsync(id, model, definition, work);
                store.Add(made);
                return made;
            });
    }

    private static async Task<LabelSet> CreateAsync(
        string id, RunningModel model, LabelSetDefinition definition, SharedWork work)
    {
        // Others may wait for it too: it lives as long as any of them, whatever the deadline of the first.
        var context = new WorkContext(work.Priority, Deadline: null, work.Abandoned);
        var dimensions = model.Info.Config.EmbeddingDimensions;
        var templates = definition.Templates.Count;
        var embedded = new ReadOnlyMemory<float>[definition.SentenceCount];
        var truncated = new bool[embedded.Length];

        // A full queue refuses a set before its first sentence; a set that has begun waits for room, because a busy
        // server would otherwise never finish a large one.
        var first = await model.CheckRoomAsync(
            SentenceInput(definition, 0), context with { Caller = work.TakeTurn() });

        // Two batches' worth at a time: enough to fill the device, and a set of thousands does not fill the queue.
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = 2 * model.Info.MaxBatchSize,
            CancellationToken = context.CancellationToken,
        };
        await Parallel.ForAsync(0, embedded.Length, options, async (i, _) =>
        {
            var sentence = await model.EmbedAsync(
                i == 0 ? first : SentenceInput(definition, i),
                context with { WaitsForRoom = true, Caller = work.TakeTurn() });
            (embedded[i], truncated[i]) = (sentence.Vector, sentence.Truncated);
        });

        var embeddings = new float[definition.Labels.Count * dimensions];
        for (var label = 0; label < definition.Labels.Count; label++)
        {
            var row = embeddings.AsSpan(label * dimensions, dimensions);
            foreach (var sentence in embedded.AsSpan(label * templates, templates))
                TensorPrimitives.Add(row, sentence.Span, row);
            UnitVector.Normalize(row);
        }

        return new LabelSet(id, model.Info.Identity, definition, embeddings, dimensions)
        {
            TruncatedSentences = truncated.Count(isTruncated => isTruncated),
            FirstTruncatedSentence = Math.Max(0, Array.IndexOf(truncated, true)),
        };
    }

    private static TextInput SentenceInput(LabelSetDefinition definition, int index) =>
        new(definition.Sentence(index), RejectLong: false);
}
