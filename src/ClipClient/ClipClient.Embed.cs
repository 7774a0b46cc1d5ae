using System.Runtime.CompilerServices;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    // What a request holds beside its counted parts: tags and lengths.
    private const int RequestOverheadBytes = 64;

    /// <summary>Embeds one image.</summary>
    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: the image cannot be read or decoded, or is too large. NOT_FOUND: the model does not exist.
    /// Other statuses are those of the server.
    /// </exception>
    public virtual Task<ClipEmbedding> EmbedImageAsync(
        ClipImage image, EmbedCallOptions? options = null, CancellationToken cancellationToken = default) =>
        EmbedOneAsync(ClipInput.FromImage(image), options, cancellationToken);

    /// <summary>Embeds one text. The empty string is a valid text.</summary>
    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: the text is too long and <paramref name="options"/> reject it. NOT_FOUND: the model does not
    /// exist. Other statuses are those of the server.
    /// </exception>
    public virtual Task<ClipEmbedding> EmbedTextAsync(
        string text, EmbedCallOptions? options = null, CancellationToken cancellationToken = default) =>
        EmbedOneAsync(ClipInput.FromText(text), options, cancellationToken);

    /// <summary>Embeds images, in as many calls as the server's limits require.</summary>
    /// <returns>One result per image, in their order.</returns>
    /// <exception cref="ClipClientException">
    /// A call failed as a whole and the options do not specify <see cref="CallFailure.PerItem"/>, or the server's
    /// limits could not be requested.
    /// </exception>
    public virtual async Task<IReadOnlyList<ClipResult<ClipEmbedding>>> EmbedImagesAsync(
        IEnumerable<ClipImage> images,
        EmbedCallOptions? options = null,
        CancellationToken cancellationToken = default) =>
        await EmbedAsync(
            Arguments.WithoutNull(images).Select(ClipInput.FromImage).ToAsyncEnumerable(), options, cancellationToken)
            .ToArrayAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Embeds texts, in as many calls as the server's limits require.</summary>
    /// <returns>One result per text, in their order.</returns>
    /// <exception cref="ClipClientException">As for <see cref="EmbedImagesAsync"/>.</exception>
    public virtual async Task<IReadOnlyList<ClipResult<ClipEmbedding>>> EmbedTextsAsync(
        IEnumerable<string> texts, EmbedCallOptions? options = null, CancellationToken cancellationToken = default) =>
        await EmbedAsync(
            Arguments.WithoutNull(texts).Select(ClipInput.FromText).ToAsyncEnumerable(), options, cancellationToken)
            .ToArrayAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Embeds a long sequence of images and texts with batched unary calls, which are retried, in bounded memory. An
    /// item waits until its call is full, or for <see cref="ClipCallOptions.MaxBatchDelay"/>; for live sources see also
    /// <see cref="EmbedStreamAsync"/>.
    /// </summary>
    /// <returns>One result per input, in their order.</returns>
    /// <exception cref="ClipClientException">As for <see cref="EmbedImagesAsync"/>.</exception>
    public virtual async IAsyncEnumerable<ClipResult<ClipEmbedding>> EmbedAsync(
        IAsyncEnumerable<ClipInput> inputs,
        EmbedCallOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options ??= new EmbedCallOptions();
        using var operation = StartOperation(ClientOperation.Embeddings, options.Model);
        var results = EmbedBatchesAsync(inputs, options, operation, cancellationToken);
        await foreach (var result in ClientOperation.Observe(operation, results, cancellationToken)
            .ConfigureAwait(false))
        {
            yield return result;
        }
    }

    private async IAsyncEnumerable<ClipResult<ClipEmbedding>> EmbedBatchesAsync(
        IAsyncEnumerable<ClipInput> inputs,
        EmbedCallOptions options,
        ClientOperation? operation,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var requestBytes = EmbedRequest([], options).CalculateSize() + RequestOverheadBytes;
        var runner = await BatchRunnerAsync<ClipInput, Input, ClipEmbedding>(
            requestBytes,
            nameof(inputs),
            options,
            (input, maxBytes, token) => input.ReadAsync(maxBytes, token),
            (messages, token) => SendEmbedAsync(messages, options, operation, token),
            cancellationToken).ConfigureAwait(false);
        await foreach (var result in runner.RunAsync(inputs, cancellationToken).ConfigureAwait(false))
            yield return result;
    }

    private async Task<ClipEmbedding> EmbedOneAsync(
        ClipInput input, EmbedCallOptions? options, CancellationToken cancellationToken)
    {
        options ??= new EmbedCallOptions();
        using var operation = StartOperation(ClientOperation.Embeddings, options.Model);
        try
        {
            var room = _options.MaxMessageBytes - EmbedRequest([], options).CalculateSize() - RequestOverheadBytes;
            var message = await input.ReadAsync(room, cancellationToken).ConfigureAwait(false);
            var results = await SendEmbedAsync([message], options, operation, cancellationToken).ConfigureAwait(false);
            operation?.Completed(results[0]);
            return results[0].Value;
        }
        catch (Exception exception) when (ClientOperation.Failed(operation, exception))
        {
            throw;
        }
    }

    private async Task<IReadOnlyList<ClipResult<ClipEmbedding>>> SendEmbedAsync(
        IReadOnlyList<Input> inputs,
        EmbedCallOptions options,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var request = EmbedRequest(inputs, options);
        var response = await CallAsync(
            RpcMethod.Embed,
            call => RawClip.EmbedAsync(request, call),
            DeadlineOf(options),
            operation,
            cancellationToken).ConfigureAwait(false);
        return Responses.Embeddings(response, inputs.Count);
    }

    private static EmbedRequest EmbedRequest(IReadOnlyList<Input> inputs, EmbedCallOptions options) =>
        new() { Model = options.Model, Inputs = { inputs }, Options = options.ToMessage() };
}
