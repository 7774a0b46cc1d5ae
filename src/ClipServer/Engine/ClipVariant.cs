using ClipGrpc.Server.Batching;

namespace ClipGrpc.Server.Engine;

/// <summary>A model that serves: its two towers and what it is.</summary>
internal sealed class ClipVariant : IAsyncDisposable
{
    private readonly ImageEmbedder _images;
    private readonly TextEmbedder _texts;
    private readonly IReadOnlyList<BatchLane> _lanes;
    private readonly IDisposable _weights;

    /// <param name="weights">Freed when the lanes have ended, because their encoders use it in place.</param>
    public ClipVariant(
        VariantDescription description, ImageEmbedder images, TextEmbedder texts, IReadOnlyList<BatchLane> lanes,
        IDisposable weights)
    {
        Description = description;
        _images = images;
        _texts = texts;
        _lanes = lanes;
        _weights = weights;
        Failed = WatchAsync();
    }

    public VariantDescription Description { get; }

    public string Name => Description.Name;

    /// <summary>Ends when the runtime has failed for good; is cancelled when the variant ends without.</summary>
    public Task Failed { get; }

    public Task<ItemEmbedding> EmbedAsync(ItemInput input, WorkContext context) => input switch
    {
        TextInput text => _texts.EmbedAsync(text, context),
        _ => _images.EmbedAsync(input, context),
    };

    /// <summary>Takes no new work, answers what was accepted, and frees the device and the weights.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_lanes.Select(lane => lane.DisposeAsync().AsTask()));
        _weights.Dispose();
    }

    private async Task WatchAsync() => await await Task.WhenAny(_lanes.Select(lane => lane.Faulted));
}
