namespace ClipGrpc.Client;

/// <summary>
/// Embeds texts for code written against <c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c>.
/// </summary>
/// <param name="client">The client. It is not disposed with the generator.</param>
/// <param name="options">Null means the server's default model.</param>
public sealed class ClipTextEmbeddingGenerator(ClipClient client, EmbedCallOptions? options = null)
    : ClipEmbeddingGenerator<string>(client, options)
{
    private protected override ClipInput ToInput(string value, int index) => ClipInput.FromText(value);
}
