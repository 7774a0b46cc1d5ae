using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>Options for the classification of the frames of a video.</summary>
public sealed record VideoCallOptions : ClipCallOptions
{
    /// <summary>
    /// Maximum number of predictions per frame, most probable first. Default: 0, for 5. <see cref="int.MaxValue"/>
    /// returns all labels; if only the probabilities are needed, <see cref="AllScores"/> takes less space.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>Whether to return <see cref="ClipClassification.Scores"/>.</summary>
    public bool AllScores { get; init; }

    /// <summary>
    /// Weight of the previous frames in an exponential moving average of the probabilities; at least 0 and less than 1.
    /// Default: 0, for no smoothing.
    /// </summary>
    public float Smoothing { get; init; }

    /// <summary>
    /// How to handle frames that arrive faster than the server classifies them. By default, no frame is dropped.
    /// </summary>
    public DropPolicy DropPolicy { get; init; }

    /// <summary>
    /// Where raw frames are resized and cropped. Default: by the client, if this reduces the number of bytes sent.
    /// </summary>
    public FramePreparation Prepare { get; init; }

    /// <summary>
    /// Maximum number of frames per second to run for each source, based on their timestamps: greater than 0, at most
    /// 1,000. Default: 0, for no limit. Other frames are dropped with <see cref="FrameDropReason.MaxFps"/>.
    /// </summary>
    public float MaxFps { get; init; }

    /// <summary>
    /// If a frame differs from the last frame of its source that was run by less than this, the model is not run: the
    /// result is that of the last frame, with <see cref="VideoFrameResult.Skipped"/> set. From 0 to 1. Default: 0, for
    /// off. The difference is the mean absolute difference of the prepared images, each averaged in 32 × 32 cells.
    /// Values around 0.01 are suitable for stationary cameras.
    /// </summary>
    public float StaticThreshold { get; init; }

    /// <summary>
    /// A frame that differs from the previous frame of its source by more than this starts a new scene: smoothing
    /// restarts with it, and its result has <see cref="VideoFrameResult.SceneChange"/> set. From 0 to 1. Default: 0,
    /// for off.
    /// </summary>
    public float SceneThreshold { get; init; }

    /// <summary>
    /// The time after which a past frame has half its weight in the moving average of the probabilities; at most 1
    /// hour. Default: zero, for off. Alternative to <see cref="Smoothing"/> for frames at irregular intervals; only one
    /// of both can be set.
    /// </summary>
    public TimeSpan SmoothingHalfLife { get; init; }

    /// <summary>
    /// Maximum time that a frame waits at the server before it is run; at most 1 hour. Default: zero, for no limit. A
    /// frame that waits longer is dropped with <see cref="FrameDropReason.MaxAge"/>.
    /// </summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>
    /// Parts of each frame to classify instead of the whole frame, at most 16. The model is run separately for each
    /// region. Frames are then sent without preparation, regardless of <see cref="Prepare"/>.
    /// </summary>
    public IReadOnlyList<VideoRegion> Regions { get; init; } = [];

    /// <summary>Whether to return <see cref="VideoFrameResult.Embedding"/>.</summary>
    public bool IncludeEmbedding { get; init; }

    /// <summary>Which frames have a result. Default: every frame.</summary>
    public VideoEmit Emit { get; init; }

    /// <summary>
    /// When a label becomes visible and when it stops being visible. Default: null, for no segments.
    /// </summary>
    public VideoEventOptions? Events { get; init; }

    /// <summary>All but the labels.</summary>
    internal V1.ClassifyStreamConfig ToMessage()
    {
        var config = new V1.ClassifyStreamConfig
        {
            Model = Model,
            TopK = (uint)TopK,
            Smoothing = Smoothing,
            DropPolicy = DropPolicy.ToWire(),
            Options = new V1.ClassifyOptions
            {
                Image = Image?.ToMessage(),
                Priority = Priority.ToWire(),
                AllScores = AllScores,
            },
            MaxFps = MaxFps,
            StaticThreshold = StaticThreshold,
            SceneThreshold = SceneThreshold,
            SmoothingHalfLifeUs = Microseconds(SmoothingHalfLife),
            MaxAgeUs = Microseconds(MaxAge),
            IncludeEmbedding = IncludeEmbedding,
            Emit = Emit.ToWire(),
        };
        config.Regions.AddRange(Regions.Select(region => new V1.Region
        {
            Id = region.Id,
            Left = region.Left,
            Top = region.Top,
            Width = region.Width,
            Height = region.Height,
        }));
        if (Events is { } events)
        {
            config.Events = new V1.EventOptions
            {
                EnterThreshold = events.EnterThreshold,
                LeaveThreshold = events.LeaveThreshold ?? 0,
                MinDurationUs = Microseconds(events.MinDuration),
            };
        }

        return config;
    }

    internal static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
