using System.Globalization;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    // Ids, numbers and tags of a stream's message beside its image or text.
    private const int StreamItemOverheadBytes = 512;

    /// <summary>
    /// Embeds inputs as they arrive, over one stream. Flow control extends to the source: it is not read while the
    /// server, or the reader of the results, is busy. If an input cannot be read or embedded, its result has the error
    /// and the stream continues.
    /// <para>
    /// If the connection is lost or the server shuts down, the stream reconnects and sends the inputs that have no
    /// response yet, which it keeps until then; images from files are read again. After
    /// <see cref="ClipClientOptions.RetryFor"/> without a response, it fails with the last error.
    /// </para>
    /// <para>
    /// A stream has no deadline unless <see cref="ClipCallOptions.Timeout"/> is set. To limit the time per item, cancel
    /// the stream when a response is late. The source should observe the cancellation token that it is enumerated with:
    /// disposing the results early waits until the source has ended.
    /// </para>
    /// </summary>
    /// <param name="inputs">The inputs and their ids.</param>
    /// <param name="options">Options for embeddings.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>One result per input.</returns>
    /// <exception cref="ClipClientException">
    /// The stream failed as a whole. Results that were returned before remain valid.
    /// </exception>
    public virtual IAsyncEnumerable<EmbedStreamResult> EmbedStreamAsync(
        IAsyncEnumerable<EmbedStreamItem> inputs,
        EmbedCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options ??= new EmbedCallOptions();
        var room = _options.MaxMessageBytes - StreamItemOverheadBytes;
        var call = new ResumingStream<EmbedStreamItem, EmbedStreamRequest, EmbedStreamResponse, EmbedStreamResult>
        {
            Method = RpcMethod.EmbedStream,
            Observe = () => StartOperation(ClientOperation.Embeddings, options.Model, isStream: true),
            Note = (operation, result) => operation.Completed(result.Result),
            Start = RawClip.EmbedStream,
            Deadline = () => StreamDeadline(options),
            RetryPolicy = _retryPolicy,
            Configure = () => new EmbedStreamRequest
            {
                Config = new EmbedStreamConfig
                {
                    Model = options.Model,
                    Options = options.ToMessage(),
                    Ordering = options.Ordering.ToWire(),
                },
            },
            // Ids of the caller need not be unique. Only a number identifies the item of a response.
            Prepare = async (item, number, token) => new EmbedStreamRequest
            {
                Id = number.ToString(CultureInfo.InvariantCulture),
                Input = await item.Input.ReadAsync(room, token).ConfigureAwait(false),
            },
            Fail = (item, error) => new EmbedStreamResult(item.Id, new ClipResult<ClipEmbedding>(error)),
            NumberOf = response => Responses.StreamNumber(response.Id),
            Map = (item, response) => new EmbedStreamResult(
                item.Id, Responses.Embedding(response.Result, response.Model, response.Timings)),
            OrderOf = options.Ordering == Ordering.Input ? _ => "" : null,
        };
        return call.RunAsync(inputs, cancellationToken);
    }

    /// <summary>
    /// Classifies the frames of a video over one stream. Flow control extends to the source, unless the options drop
    /// frames. If a frame cannot be read or decoded, its result has the error and the stream continues. Labels are sent
    /// inline, so any replica can process the stream. For lost connections, deadlines and early disposal, see
    /// <see cref="EmbedStreamAsync"/>. A new connection starts with the labels that were sent last; smoothing, the
    /// comparison with other frames, segments and counters restart with it. A server that shuts down reports open
    /// segments as ended; if the connection is lost, they are not reported as ended.
    /// <para>
    /// Raw frames that are larger than the model's image are resized and cropped by the client, exactly as the server
    /// does it, unless <see cref="VideoCallOptions.Prepare"/> specifies otherwise.
    /// </para>
    /// </summary>
    /// <param name="frames">The frames.</param>
    /// <param name="labels">The labels to classify against.</param>
    /// <param name="options">Options for a classification.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>
    /// One result per frame, including dropped frames, in the order of the frames of each source; fewer with
    /// <see cref="VideoEmit.Changes"/>. With <see cref="VideoCallOptions.Events"/>, also the ends of sources: see
    /// <see cref="VideoFrameResult.IsStreamEnd"/>.
    /// </returns>
    /// <exception cref="ClipClientException">
    /// The stream failed as a whole. Results that were returned before remain valid.
    /// </exception>
    public virtual IAsyncEnumerable<VideoFrameResult> ClassifyVideoAsync(
        IAsyncEnumerable<VideoFrame> frames,
        ClipLabels labels,
        VideoCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(labels);
        options ??= new VideoCallOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK, nameof(options));
        ArgumentNullException.ThrowIfNull(options.Regions, nameof(options));
        var room = _options.MaxMessageBytes - StreamItemOverheadBytes;
        var preparer = new FramePreparer(options, ListModelsOnceAsync);
        var video = new VideoLabels(labels);

        // An option that is not valid fails here, and not in the middle of the enumeration.
        var config = options.ToMessage();
        var call = new ResumingStream<LabelledFrame, ClassifyStreamRequest, ClassifyStreamResponse, VideoFrameResult>
        {
            Method = RpcMethod.ClassifyStream,
            Observe = () => StartOperation(ClientOperation.Classify, options.Model, isStream: true),
            Note = (operation, result) =>
            {
                if (result.Result is { } classified)
                    operation.Completed(classified);
            },
            Start = connection =>
            {
                preparer.Connected();
                return RawClip.ClassifyStream(connection);
            },
            Deadline = () => StreamDeadline(options),
            RetryPolicy = _retryPolicy,
            Configure = () => new ClassifyStreamRequest
            {
                Config = new ClassifyStreamConfig(config) { LabelSet = video.ForConnection().ToMessage() },
            },
            Before = video.UpdateBefore,
            // Ids of the caller may repeat, and responses keep to the order of their source only.
            Prepare = async (item, number, token) =>
            {
                var frame = item.Frame;
                var image = await preparer.PrepareAsync(frame.Image, token).ConfigureAwait(false);
                return new ClassifyStreamRequest
                {
                    Frame = new Frame
                    {
                        FrameId = (ulong)number,
                        TimestampUs = VideoCallOptions.Microseconds(frame.Timestamp),
                        Image = await image.ReadAsync(room, token).ConfigureAwait(false),
                        SourceId = frame.SourceId,
                    },
                };
            },
            Fail = (item, error) => new VideoFrameResult(
                item.Frame.Id, item.Frame.Timestamp, new ClipResult<ClipClassification>(error))
            {
                SourceId = item.Frame.SourceId,
            },
            NumberOf = response => checked((long)response.FrameId),
            Map = (item, response) =>
            {
                preparer.Responded(response.Model);
                return options.Emit == VideoEmit.EveryFrame || Responses.IsChange(response)
                    ? Responses.Frame(item.Frame.Id, response)
                    : null;
            },
            MapOwn = response => response.StreamEnd ? Responses.Frame(frameId: 0, response) : null,
            CompletedCount = options.Emit == VideoEmit.Changes ? response => (long)response.FramesCompleted : null,
            OrderOf = item => item.Frame.SourceId,
        };
        return call.RunAsync(VideoLabels.Follow(frames, labels), cancellationToken);
    }
}
