namespace ClipGrpc.Client;

/// <summary>
/// Embeds images for code written against <c>IEmbeddingGenerator&lt;ClipImage, Embedding&lt;float&gt;&gt;</c>.
/// </summary>
/// <param name="client">The client. It is not disposed with the generator.</param>
/// <param name="options">Null means the server's default model.</param>
public sealed class ClipImageEmbeddingGenerator(ClipClient client, EmbedCallOptions? options = null)
    : ClipEmbeddingGenerator<ClipImage>(client, options)
{
    private protected override ClipInput ToInput(ClipImage value, int index) => ClipInput.FromImage(value);
}
