using ClipGrpc.Serving.Video;
using ClipGrpc.V1;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>The sources of one stream. Frames must be read in their order, one at a time.</summary>
/// <param name="runLatest">Runs a frame where older ones are dropped; null: none is dropped.</param>
/// <param name="stateBytes">Gives what a source takes of memory at present.</param>
/// <param name="keep">Reserves memory until the call ends.</param>
internal sealed class StreamSources(
    VideoSettings settings, Func<VideoFrameMessage, Task<FrameOutcome>>? runLatest, Func<long> stateBytes,
    Action<long> keep)
{
    public const int MaxSources = 256;

    private const int MaxIdBytes = 128;

    private readonly Dictionary<string, Entry> _sources = new(StringComparer.Ordinal);

    private long _bytes;
    private long _frames;

    public VideoFrameMessage Read(Frame frame, LabelSet labels, long arrived)
    {
        var (source, latest) = Find(frame.SourceId);
        var header = new FrameHeader(_frames++, frame.FrameId, frame.TimestampUs, source, labels);
        return new VideoFrameMessage(
            header, frame, latest, source.Turns.Enter(), source.IsDue(frame.TimestampUs), arrived);
    }

    /// <summary>What a source takes may have changed.</summary>
    public void Resize()
    {
        if (stateBytes() is var bytes && bytes > _bytes)
        {
            keep((bytes - _bytes) * _sources.Count);
            _bytes = bytes;
        }
    }

    private Entry Find(string id)
    {
        if (_sources.TryGetValue(id, out var known))
            return known;

        InputReader.CheckId(id, "frame.source_id", MaxIdBytes);
        if (_sources.Count == MaxSources)
        {
            throw InputReader.OverLimit(
                ClipErrorReason.TooManyElements, "frame.source_id",
                $"The stream has frames of more than {MaxSources} sources. Use another stream for further ones.",
                MaxSources, MaxSources + 1);
        }

        Resize();
        keep(_bytes);
        var added = new Entry(
            new VideoSource(id, settings),
            runLatest is null
                ? null
                : new LatestFrameRunner<VideoFrameMessage, FrameOutcome>(
                    runLatest, _ => FrameOutcome.Drop(FrameDropReason.NewerFrame)));
        _sources.Add(id, added);
        return added;
    }

    private sealed record Entry(VideoSource Source, LatestFrameRunner<VideoFrameMessage, FrameOutcome>? Latest);
}
