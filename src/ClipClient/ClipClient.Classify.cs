using System.Runtime.CompilerServices;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    /// <summary>Classifies one image against labels.</summary>
    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: the image cannot be read or decoded, or the labels are not valid. NOT_FOUND: the model does
    /// not exist. If the server does not have the label set, the set is created again.
    /// </exception>
    public virtual async Task<ClipClassification> ClassifyAsync(
        ClipImage image,
        ClipLabels labels,
        ClassifyCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(labels);
        options ??= new ClassifyCallOptions();
        using var operation = StartOperation(ClientOperation.Classify, options.Model);
        try
        {
            var room = _options.MaxMessageBytes - ClassifyRequestBytes(labels, options);
            var message = await image.ReadAsync(room, cancellationToken).ConfigureAwait(false);
            var results = await SendClassifyAsync([message], labels, options, operation, cancellationToken)
                .ConfigureAwait(false);
            operation?.Completed(results[0]);
            return results[0].Value;
        }
        catch (Exception exception) when (ClientOperation.Failed(operation, exception))
        {
            throw;
        }
    }

    /// <summary>Classifies images against labels, in as many calls as the server's limits require.</summary>
    /// <returns>One result per image, in their order.</returns>
    /// <exception cref="ClipClientException">As for <see cref="EmbedImagesAsync"/>.</exception>
    public virtual async Task<IReadOnlyList<ClipResult<ClipClassification>>> ClassifyAsync(
        IEnumerable<ClipImage> images,
        ClipLabels labels,
        ClassifyCallOptions? options = null,
        CancellationToken cancellationToken = default) =>
        await ClassifyAsync(
            Arguments.WithoutNull(images).ToAsyncEnumerable(), labels, options, cancellationToken)
            .ToArrayAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Classifies a long sequence of images against labels with batched unary calls, which are retried, in bounded
    /// memory. An image waits until its call is full, or for <see cref="ClipCallOptions.MaxBatchDelay"/>; for videos
    /// use <see cref="ClassifyVideoAsync"/>.
    /// </summary>
    /// <returns>One result per image, in their order.</returns>
    /// <exception cref="ClipClientException">As for <see cref="EmbedImagesAsync"/>.</exception>
    public virtual async IAsyncEnumerable<ClipResult<ClipClassification>> ClassifyAsync(
        IAsyncEnumerable<ClipImage> images,
        ClipLabels labels,
        ClassifyCallOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        options ??= new ClassifyCallOptions();
        using var operation = StartOperation(ClientOperation.Classify, options.Model);
        var results = ClassifyBatchesAsync(images, labels, options, operation, cancellationToken);
        await foreach (var result in ClientOperation.Observe(operation, results, cancellationToken)
            .ConfigureAwait(false))
        {
            yield return result;
        }
    }

    private async IAsyncEnumerable<ClipResult<ClipClassification>> ClassifyBatchesAsync(
        IAsyncEnumerable<ClipImage> images,
        ClipLabels labels,
        ClassifyCallOptions options,
        ClientOperation? operation,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runner = await BatchRunnerAsync<ClipImage, Image, ClipClassification>(
            ClassifyRequestBytes(labels, options),
            nameof(images),
            options,
            (image, maxBytes, token) => image.ReadAsync(maxBytes, token),
            (messages, token) => SendClassifyAsync(messages, labels, options, operation, token),
            cancellationToken).ConfigureAwait(false);
        await foreach (var result in runner.RunAsync(images, cancellationToken).ConfigureAwait(false))
            yield return result;
    }

    /// <summary>
    /// Embeds all combinations of labels and templates once at the server, so that later calls send an id instead of
    /// the labels. The call is idempotent.
    /// </summary>
    /// <param name="labels">The labels and templates.</param>
    /// <param name="options">The model and the deadline; null means the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The same labels with the id of the label set.</returns>
    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: there are no or too many labels, a label is empty or a duplicate, or a template does not
    /// contain <c>{}</c>. NOT_FOUND: the model does not exist.
    /// </exception>
    public virtual async Task<ClipLabels> CreateLabelSetAsync(
        ClipLabels labels, LabelSetCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        options ??= new LabelSetCallOptions();
        var deadline = options.Timeout is { } timeout
            ? DeadlineAfter(timeout, "LabelSetCallOptions.Timeout")
            : DefaultDeadline();
        using var operation = StartOperation(ClientOperation.CreateLabelSet, options.Model);
        try
        {
            return await SendLabelSetAsync(labels, options.Model, deadline, operation, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (ClientOperation.Failed(operation, exception))
        {
            throw;
        }
    }

    private async Task<ClipLabels> SendLabelSetAsync(
        ClipLabels labels,
        string model,
        CallDeadline deadline,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var request = new CreateLabelSetRequest { Model = model, LabelSet = labels.ToMessage() };
        var response = await CallAsync(
            RpcMethod.CreateLabelSet,
            call => RawClip.CreateLabelSetAsync(request, call),
            deadline,
            operation,
            cancellationToken).ConfigureAwait(false);
        return response.Id.Length > 0
            ? labels.WithId(response.Id, (int)response.TruncatedSentences)
            : throw Responses.Malformed("a label set has no id");
    }

    // Makes up to four calls, all with the same deadline.
    private async Task<IReadOnlyList<ClipResult<ClipClassification>>> SendClassifyAsync(
        IReadOnlyList<Image> images,
        ClipLabels labels,
        ClassifyCallOptions options,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var deadline = DeadlineOf(options);
        var id = _state.LabelSets.Find(labels, options.Model, Now);
        var request = ClassifyRequest(images, labels, id, options);
        ClassifyResponse response;
        try
        {
            response = await SendAsync(request, deadline, operation, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException exception) when (id is not null && IsLabelSetLost(exception))
        {
            response = await SendWithNewLabelSetAsync(request, labels, deadline, operation, cancellationToken)
                .ConfigureAwait(false);
        }

        return Responses.Classifications(response, images.Count);
    }

    private async Task<ClassifyResponse> SendWithNewLabelSetAsync(
        ClassifyRequest request,
        ClipLabels labels,
        CallDeadline deadline,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var created = await SendLabelSetAsync(labels, request.Model, deadline, operation, cancellationToken)
            .ConfigureAwait(false);
        _state.LabelSets.Recreated(labels, request.Model, created.Id!);
        request.LabelSetId = created.Id;
        try
        {
            return await SendAsync(request, deadline, operation, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException exception) when (IsLabelSetLost(exception))
        {
            // With several replicas the set was made at one and the call went to another; labels inline work at all.
            _state.LabelSets.NotShared(labels, request.Model, created.Id!, Now);
            request.LabelSet = labels.ToMessage();
            return await SendAsync(request, deadline, operation, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsLabelSetLost(ClipClientException exception) =>
        exception.StatusCode == StatusCode.NotFound && exception.Reason != ErrorReason.ModelNotFound;

    private Task<ClassifyResponse> SendAsync(
        ClassifyRequest request,
        CallDeadline deadline,
        ClientOperation? operation,
        CancellationToken cancellationToken) =>
        CallAsync(
            RpcMethod.Classify,
            call => RawClip.ClassifyAsync(request, call),
            deadline,
            operation,
            cancellationToken);

    // Counted with the labels inline, which a call may have to fall back to.
    private static int ClassifyRequestBytes(ClipLabels labels, ClassifyCallOptions options) =>
        ClassifyRequest([], labels, null, options).CalculateSize() + RequestOverheadBytes;

    private static ClassifyRequest ClassifyRequest(
        IReadOnlyList<Image> images, ClipLabels labels, string? labelSetId, ClassifyCallOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK);
        var request = new ClassifyRequest
        {
            Model = options.Model,
            Images = { images },
            TopK = (uint)options.TopK,
            Options = options.ToMessage(),
        };
        if (labelSetId is null)
            request.LabelSet = labels.ToMessage();
        else
            request.LabelSetId = labelSetId;
        return request;
    }
}
