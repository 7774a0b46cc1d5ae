using System.Runtime.CompilerServices;
using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>A frame, and the labels that apply to it.</summary>
internal sealed record LabelledFrame(VideoFrame Frame, ClipLabels Labels);

/// <summary>
/// The labels of one video stream: those of the configuration, and the updates between frames. A new connection begins
/// with the labels of the frame that was sent last, and gets an update where the first frame has others.
/// </summary>
internal sealed class VideoLabels(ClipLabels labels)
{
    // Used by the sending task of one connection at a time.
    private ClipLabels _labels = labels;

    public static async IAsyncEnumerable<LabelledFrame> Follow(
        IAsyncEnumerable<VideoFrame> frames, ClipLabels labels,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var frame in frames.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            labels = frame.Labels ?? labels;
            yield return new LabelledFrame(frame, labels);
        }
    }

    /// <summary>What the configuration of a connection that begins now has.</summary>
    public ClipLabels ForConnection() => _labels;

    /// <summary>The message that must precede the frame; null if the labels are the same.</summary>
    public ClassifyStreamRequest? UpdateBefore(LabelledFrame frame)
    {
        if (ReferenceEquals(frame.Labels, _labels))
            return null;

        _labels = frame.Labels;
        return new ClassifyStreamRequest
        {
            Update = new ClassifyStreamUpdate { LabelSet = frame.Labels.ToMessage() },
        };
    }
}
