using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How to classify the frames of a video.</summary>
public sealed record VideoCallOptions : ClipCallOptions
{
    /// <summary>
    /// Predictions per frame, most probable first; 0, the default, means 5. <see cref="int.MaxValue"/> means all
    /// labels; where only their probabilities are needed, <see cref="AllScores"/> takes less space.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>Whether <see cref="ClipClassification.Scores"/> are wanted.</summary>
    public bool AllScores { get; init; }

    /// <summary>
    /// Weight of the past in an exponential moving average of the probabilities, 0 (none, the default) to below 1.
    /// </summary>
    public float Smoothing { get; init; }

    /// <summary>
    /// What happens to frames that come faster than the server classifies. By default none is lost; with LATEST a
    /// frame that waits when a newer one arrives is reported as dropped.
    /// </summary>
    public DropPolicy DropPolicy { get; init; }

    /// <summary>Where raw frames are resized and cropped; the default is by the client where that sends less.</summary>
    public FramePreparation Prepare { get; init; }

    /// <summary>
    /// The most frames per second of each source that are run, by their timestamps: more than 0, at most 1,000; 0, the
    /// default, means all. Others are dropped with <see cref="FrameDropReason.MaxFps"/>.
    /// </summary>
    public float MaxFps { get; init; }

    /// <summary>
    /// The model is not run for a frame that differs less than this from the last frame of its source that was run: 0
    /// (off, the default) to 1. Its result is that of the other frame, with <see cref="VideoFrameResult.Skipped"/>. The
    /// difference is the mean absolute difference of the prepared images, averaged in 32 × 32 cells first. Values
    /// around 0.01 suit cameras that do not move.
    /// </summary>
    public float StaticThreshold { get; init; }

    /// <summary>
    /// A frame that differs more than this from the frame of its source before begins a new scene: 0 (off, the default)
    /// to 1. Smoothing starts again with it, and its result has <see cref="VideoFrameResult.SceneChange"/>.
    /// </summary>
    public float SceneThreshold { get; init; }

    /// <summary>
    /// The time after which a past frame has half its weight in the moving average of the probabilities; zero, the
    /// default, means off; at most 1 hour. For frames at varying distances; not together with <see cref="Smoothing"/>.
    /// </summary>
    public TimeSpan SmoothingHalfLife { get; init; }

    /// <summary>
    /// How long a frame may wait at the server before it is run; zero, the default, means any time; at most 1 hour. One
    /// that waits longer is dropped with <see cref="FrameDropReason.MaxAge"/>.
    /// </summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>
    /// Parts of each frame to classify instead of the whole frame, at most 16. Each is a run of the model of its own.
    /// Frames are then sent as they are, whatever <see cref="Prepare"/> says.
    /// </summary>
    public IReadOnlyList<VideoRegion> Regions { get; init; } = [];

    /// <summary>Whether <see cref="VideoFrameResult.Embedding"/> is wanted.</summary>
    public bool IncludeEmbedding { get; init; }

    /// <summary>Which frames have a result; every frame by default.</summary>
    public VideoEmit Emit { get; init; }

    /// <summary>
    /// When a label begins and ends to be visible; null, the default, means that no segments are reported.
    /// </summary>
    public VideoEventOptions? Events { get; init; }

    internal V1.ClassifyStreamConfig ToMessage(ClipLabels labels)
    {
        var config = new V1.ClassifyStreamConfig
        {
            Model = Model,
            LabelSet = labels.ToMessage(),
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
