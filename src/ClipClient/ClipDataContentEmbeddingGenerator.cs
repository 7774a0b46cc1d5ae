using Microsoft.Extensions.AI;

namespace ClipGrpc.Client;

/// <summary>
/// Embeds images for code that uses <c>IEmbeddingGenerator&lt;DataContent, Embedding&lt;float&gt;&gt;</c>, such as
/// vector stores: the content is an image file whose media type is <c>image/…</c>.
/// </summary>
/// <param name="client">The client. It is not disposed with the generator.</param>
/// <param name="options">Null means the server's default model.</param>
public sealed class ClipDataContentEmbeddingGenerator(ClipClient client, EmbedCallOptions? options = null)
    : ClipEmbeddingGenerator<DataContent>(client, options)
{
    private protected override ClipInput ToInput(DataContent value, int index)
    {
        if (!value.HasTopLevelMediaType("image"))
        {
            throw new NotSupportedException(
                $"Value {index}: it has the media type {value.MediaType}; only image/… can be embedded.");
        }

        return ClipInput.FromImage(ClipImage.FromBytes(value.Data, value.Name));
    }
}
