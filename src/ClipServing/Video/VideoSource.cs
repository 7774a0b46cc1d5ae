namespace ClipGrpc.Serving.Video;

/// <summary>One camera or video of a stream: what is kept from frame to frame.</summary>
internal sealed class VideoSource
{
    /// <summary>Objects, and the entries of collections, near enough.</summary>
    private const int BaseBytes = 2048;

    private const int SegmentBytes = 96;

    private readonly FrameRateLimiter? _rate;

    public VideoSource(string id, VideoSettings settings)
    {
        Id = id;
        Chooser = new FrameChooser(settings);
        Results = new SourceResults(settings);
        _rate = settings.MaxFps > 0 ? new FrameRateLimiter(settings.MaxFps) : null;
    }

    public string Id { get; }

    /// <summary>For <see cref="Chooser"/>, which needs frames in order.</summary>
    public Turns Turns { get; } = new();

    public FrameChooser Chooser { get; }

    public SourceResults Results { get; }

    /// <summary>What a source takes of memory at most, near enough.</summary>
    public static long BytesOf(VideoSettings settings, int labels, int dimensions)
    {
        var signatures = settings.ComparesFrames ? 2L * FrameSignature.MaxBytes : 0;
        var vector = settings.StaticThreshold > 0 ? (long)dimensions * sizeof(float) : 0;
        var past = settings.Smooths ? (long)labels * sizeof(double) : 0;
        var segments = settings.Segments is { } options
            ? Math.Min(labels, (long)Math.Ceiling(1 / options.Leave)) * SegmentBytes : 0;
        return BaseBytes + (settings.Views * (BaseBytes + signatures + vector + past + segments));
    }

    /// <summary>Whether a frame is within the source's rate. Frames must come in order.</summary>
    /// <param name="timestamp">In microseconds.</param>
    public bool IsDue(long timestamp) => _rate?.Take(timestamp) ?? true;
}
