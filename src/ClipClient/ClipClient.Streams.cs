using System.Globalization;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    // Ids, numbers and tags of a stream's message beside its image or text.
    private const int StreamItemOverheadBytes = 512;

    /// <summary>
    /// Embeds inputs as they come, over one stream. Flow control reaches the source: it is not asked for the next input
    /// while the server, or the reader of the results, is busy. An input that cannot be read or embedded is answered
    /// with its error and the stream goes on.
    /// <para>
    /// When the connection is lost or the server stops, the stream connects again and sends the inputs that have no
    /// response yet, which it keeps until then; images from files are read again. It gives up, with the last error,
    /// after <see cref="ClipClientOptions.RetryFor"/> without a response.
    /// </para>
    /// <para>
    /// A stream has no deadline unless <see cref="ClipCallOptions.Timeout"/> says one: whoever needs each item to be
    /// answered in time watches for that and cancels. The source should honour the cancellation token it is enumerated
    /// with: leaving the stream early waits for the source to let go.
    /// </para>
    /// </summary>
    /// <param name="inputs">The inputs with their ids.</param>
    /// <param name="options">How to embed.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>One result per input.</returns>
    /// <exception cref="ClipClientException">The stream as a whole failed; results that came before stand.</exception>
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
            // Ids of the caller may repeat. Only a number tells which item a response belongs to.
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
    /// Classifies the frames of a video over one stream. Flow control reaches the source, unless options say to drop
    /// frames. A frame that cannot be read or decoded is answered with its error and the stream goes on. The labels
    /// travel inline, so any replica takes the stream. For lost connections, deadlines and leaving early see
    /// <see cref="EmbedStreamAsync"/>. The new connection begins with the labels that were sent last; smoothing, the
    /// comparison with other frames, segments and counters start again with it. A server that is shut down reports open
    /// segments as ended; those of one that is lost are not reported as ended.
    /// <para>
    /// Raw frames that are larger than the model's image are resized and cropped by the client, exactly as the server
    /// does it, unless <see cref="VideoCallOptions.Prepare"/> says otherwise.
    /// </para>
    /// </summary>
    /// <param name="frames">The frames.</param>
    /// <param name="labels">What they are compared with.</param>
    /// <param name="options">How to classify.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>
    /// One result per frame, dropped frames included, in the order of the frames of each source; fewer with
    /// <see cref="VideoEmit.Changes"/>. With <see cref="VideoCallOptions.Events"/>, also the ends of sources: see
    /// <see cref="VideoFrameResult.IsStreamEnd"/>.
    /// </returns>
    /// <exception cref="ClipClientException">The stream as a whole failed; results that came before stand.</exception>
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
        options.ToMessage(labels);
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
            Configure = () => new ClassifyStreamRequest { Config = options.ToMessage(video.ForConnection()) },
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
