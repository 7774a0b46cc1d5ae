using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Video;

/// <summary>What became of a frame: it was dropped, it failed, or its views were run or skipped.</summary>
internal sealed record FrameOutcome
{
    public FrameDropReason? Dropped { get; private init; }

    public ClipException? Error { get; private init; }

    /// <summary>Per view; null: the model was not run, because it hardly differs.</summary>
    public IReadOnlyList<EmbeddingResult?> Views { get; private init; } = [];

    /// <summary>How the frame compares with others, per view; null: it was not compared before it ended.</summary>
    public IReadOnlyList<FrameDecision>? Decisions { get; private init; }

    /// <summary>Decoding and resizing.</summary>
    public TimeSpan Preprocess { get; private init; }

    public static FrameOutcome Drop(FrameDropReason reason, IReadOnlyList<FrameDecision>? decisions = null) =>
        new() { Dropped = reason, Decisions = decisions };

    public static FrameOutcome Fail(ClipException error, IReadOnlyList<FrameDecision>? decisions) =>
        new() { Error = error, Decisions = decisions };

    public static FrameOutcome Embed(
        IReadOnlyList<EmbeddingResult?> views, IReadOnlyList<FrameDecision> decisions, TimeSpan preprocess) =>
        new() { Views = views, Decisions = decisions, Preprocess = preprocess };
}
