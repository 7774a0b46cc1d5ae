using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving.Video;

/// <summary>How the frames of a stream are handled. Checked by the reader of requests; zero means off.</summary>
internal sealed record VideoSettings
{
    public double MaxFps { get; init; }

    /// <summary>Frames that differ less from the last one that was run are not run.</summary>
    public double StaticThreshold { get; init; }

    /// <summary>Frames that differ more from the one before begin a new scene.</summary>
    public double SceneThreshold { get; init; }

    /// <summary>The weight of the past; not together with <see cref="HalfLifeMicroseconds"/>.</summary>
    public double Smoothing { get; init; }

    public long HalfLifeMicroseconds { get; init; }

    public TimeSpan MaxAge { get; init; }

    /// <summary>Empty: the whole frame.</summary>
    public IReadOnlyList<VideoRegion> Regions { get; init; } = [];

    /// <summary>Null: segments are not looked for.</summary>
    public SegmentOptions? Segments { get; init; }

    /// <summary>How many results a frame has.</summary>
    public int Views => Math.Max(Regions.Count, 1);

    /// <summary>Whether frames are compared with each other.</summary>
    public bool ComparesFrames => StaticThreshold > 0 || SceneThreshold > 0;

    public bool Smooths => Smoothing > 0 || HalfLifeMicroseconds > 0;
}

/// <summary>A part of each frame.</summary>
internal sealed record VideoRegion(string Id, RelativeBox Box);

/// <summary>When a label begins and ends to be visible.</summary>
internal sealed record SegmentOptions(double Enter, double Leave, long MinMicroseconds);
