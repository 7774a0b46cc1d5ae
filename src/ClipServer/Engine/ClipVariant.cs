using ClipGrpc.Server.Batching;

namespace ClipGrpc.Server.Engine;

/// <summary>A model that serves: its two towers and what it is.</summary>
internal sealed class ClipVariant : IAsyncDisposable
{
    private readonly ImageEmbedder _images;
    private readonly TextEmbedder _texts;
    private readonly IReadOnlyList<BatchLane> _lanes;
    private readonly IDisposable _weights;
    private readonly TimeProvider _time;

    /// <param name="weights">Freed when the lanes have ended, because their encoders use it in place.</param>
    public ClipVariant(
        VariantDescription description, ImageEmbedder images, TextEmbedder texts, IReadOnlyList<BatchLane> lanes,
        IDisposable weights, TimeProvider time)
    {
        Description = description;
        _images = images;
        _texts = texts;
        _lanes = lanes;
        _weights = weights;
        _time = time;
        Failed = WatchAsync();
    }

    public VariantDescription Description { get; }

    public string Name => Description.Name;

    /// <summary>Ends when the runtime has failed for good; is cancelled when the variant ends without.</summary>
    public Task Failed { get; }

    public Task<ItemEmbedding> EmbedAsync(ItemInput input, WorkContext context) => input switch
    {
        TextInput text => EmbedTextAsync(text, context),
        _ => _images.EmbedAsync(input, context),
    };

    /// <summary>Takes no new work, answers what was accepted, and frees the device and the weights.</summary>
    public ValueTask DisposeAsync() => new(FreeAsync(_lanes, _weights));

    /// <summary>Ends lanes, then frees the weights that their encoders use.</summary>
    public static async Task FreeAsync(IReadOnlyList<BatchLane> lanes, IDisposable weights)
    {
        await Task.WhenAll(lanes.Select(lane => lane.DisposeAsync().AsTask()));

        // An encoder that is busy beyond the time limit still reads them: then they stay until the process ends.
        if (lanes.All(lane => lane.Freed.IsCompleted)) weights.Dispose();
    }

    private async Task<ItemEmbedding> EmbedTextAsync(TextInput input, WorkContext context)
    {
        if (input.RejectLong) _texts.RejectLong(input.Text);
        var text = await Admission.EnterAsync(() => _texts.EmbedAsync(input.Text, context).AsTask(), context, _time);
        return new ItemEmbedding(
            text.Embedding, text.Norm, text.TokenCount, text.Truncated,
            new ItemTimings(text.Tokenized, text.Queued, text.Inference, text.BatchSize));
    }

    private async Task WatchAsync() => await await Task.WhenAny(_lanes.Select(lane => lane.Faulted));
}
