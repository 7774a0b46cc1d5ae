using ClipGrpc.Server.Batching;

namespace ClipGrpc.Server.Engine;

/// <summary>A model that serves: its two towers and what it is.</summary>
internal sealed class ClipVariant(VariantDescription description, ImageEmbedder images, TextEmbedder texts)
{
    public VariantDescription Description { get; } = description;

    public string Name => Description.Name;

    public Task<ItemEmbedding> EmbedAsync(ItemInput input, WorkContext context) => input switch
    {
        TextInput text => EmbedAsync(text, context),
        _ => images.EmbedAsync(input, context),
    };

    public async Task<ItemEmbedding> EmbedAsync(TextInput input, WorkContext context)
    {
        var text = await texts.EmbedAsync(input.Text, input.RejectLong, context);
        return text;
    }
}
