using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.Cli.Video.Sources;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Video;

/// <summary>One source of a run: what it is, and what has become of its frames so far.</summary>
/// <param name="source">Where the video comes from.</param>
/// <param name="id">Its name on the stream, unique in the run.</param>
/// <param name="isLive">Frames that come too fast are dropped.</param>
internal sealed class SourceRun(VideoSource source, string id, bool isLive)
{
    public VideoSource Source { get; } = source;

    public string Id { get; } = id;

    public bool IsLive { get; } = isLive;

    public VideoProbe Probe { get; set; } = VideoProbe.Unknown;

    /// <summary>Frames that ffmpeg delivered.</summary>
    public long Decoded { get; set; }

    public long Classified { get; set; }

    public long Skipped { get; set; }

    public long Dropped { get; set; }

    public long Failed { get; set; }

    /// <summary>Of the last frame that was decoded, and of the one before.</summary>
    public TimeSpan LastTimestamp { get; private set; }

    public TimeSpan LastInterval { get; private set; }

    /// <summary>All frames of the source have been read.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Where the video is over: what it states, or a frame after the last one.</summary>
    public TimeSpan End => IsComplete && Probe.Duration is { } duration && duration > LastTimestamp
        ? duration
        : LastTimestamp + (LastInterval > TimeSpan.Zero ? LastInterval : TimeSpan.FromMilliseconds(40));

    /// <summary>Why it ended before its end; null while it runs and where it ended well.</summary>
    public string? Problem { get; set; }

    /// <summary>Of the first frame that failed.</summary>
    public string? FirstError { get; set; }

    /// <summary>The latest classes.</summary>
    public ClipClassification? Latest { get; set; }

    /// <summary>Of the latest result.</summary>
    public TimeSpan LatestTimestamp { get; set; }

    /// <summary>From a frame's arrival here to its result, of the latest result; live sources only.</summary>
    public TimeSpan Lag { get; set; }

    public TimeSpan LongestLag { get; set; }

    /// <summary>The numbers of frames that are worth a word.</summary>
    public IEnumerable<(long Count, string Name)> Counts
    {
        get
        {
            yield return (Classified, "classified");
            if (Skipped > 0)
                yield return (Skipped, "skipped as static");
            if (IsLive || Dropped > 0)
                yield return (Dropped, "dropped");
            if (Failed > 0)
                yield return (Failed, "failed");
        }
    }

    public void Arrived(TimeSpan timestamp)
    {
        if (Decoded++ > 0)
            LastInterval = timestamp - LastTimestamp;
        LastTimestamp = timestamp;
    }
}
