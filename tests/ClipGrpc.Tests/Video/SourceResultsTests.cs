using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

public sealed class SourceResultsTests
{
    private static readonly LabelSet Labels = Set("cat", "dog");
    private static readonly FrameDecision Run = new(Runs: true, BeginsScene: false);
    private static readonly FrameDecision Skip = new(Runs: false, BeginsScene: false);

    private static LabelSet Set(params string[] labels) => new(
        "id", "model", new LabelSetDefinition(labels, ["{}"]), [1, 0, 0, 1], Dimensions: 2);

    private static FrameOutcome Embed(FrameDecision decision, params float[] vector) => FrameOutcome.Embed(
        [vector.Length == 0 ? null : new EmbeddingResult(vector, 1)], [decision], TimeSpan.Zero);

    private static FrameReport Report(
        SourceResults results, FrameOutcome outcome, long timestamp = 0, LabelSet? labels = null) =>
        results.Report(outcome, timestamp, labels ?? Labels, logitScale: 10);

    [Fact]
    public void Report_SkippedFrame_HasTheLastResultAndIsSmoothedOn()
    {
        var results = new SourceResults(new VideoSettings { StaticThreshold = 0.01, Smoothing = 0.5 });
        Report(results, Embed(Run, 1, 0));
        var moved = Report(results, Embed(Run, 0, 1)).Views[0].Probabilities[1];
        var skipped = Report(results, Embed(Skip));
        Assert.True(skipped.Skipped);
        Assert.Equal([0, 1], skipped.Views[0].Vector.ToArray());
        Assert.InRange(moved, 0.49, 0.51);
        Assert.InRange(skipped.Views[0].Probabilities[1], 0.74, 0.76);
        Assert.Equal(new SourceCounters(2, 1, 0, 0, 0, 0), skipped.Counters);
    }

    [Fact]
    public void Report_SkippedAfterAFailure_SharesTheFailure()
    {
        var results = new SourceResults(new VideoSettings { StaticThreshold = 0.01 });
        Report(results, Embed(Run, 1, 0));
        var error = new ClipException(ClipErrorReason.DeadlinePassed, "late");
        Report(results, FrameOutcome.Fail(error, [Run]));
        Assert.Same(error, Report(results, Embed(Skip)).Error);
        Assert.Null(Report(results, Embed(Run, 1, 0)).Error);
        var dropped = Report(results, FrameOutcome.Drop(FrameDropReason.MaxFps));
        Assert.Equal(new SourceCounters(2, 0, 2, 0, 1, 0), dropped.Counters);
    }

    [Fact]
    public void Report_FrameThatCannotBeDecoded_DoesNotConcernTheNextOnes()
    {
        var results = new SourceResults(new VideoSettings { StaticThreshold = 0.01 });
        Report(results, Embed(Run, 1, 0));
        Report(results, FrameOutcome.Fail(new ClipException(ClipErrorReason.InvalidImage, "bad"), null));
        Assert.Null(Report(results, Embed(Skip)).Error);
    }

    [Fact]
    public void Report_SceneBegins_SmoothingStartsAgain()
    {
        var results = new SourceResults(new VideoSettings { SceneThreshold = 0.3, Smoothing = 0.9 });
        Report(results, Embed(Run, 1, 0));
        var report = Report(results, Embed(new FrameDecision(true, true), 0, 1));
        Assert.True(report.BeginsScene);
        Assert.InRange(report.Views[0].Probabilities[1], 0.99, 1);
    }

    [Fact]
    public void Report_FrameThatBeginsASceneFails_TheNextOneBeginsIt()
    {
        var results = new SourceResults(new VideoSettings { SceneThreshold = 0.3, Smoothing = 0.9 });
        Report(results, Embed(Run, 1, 0));
        Report(results, FrameOutcome.Drop(FrameDropReason.MaxAge, [new FrameDecision(true, true)]));
        Report(results, FrameOutcome.Drop(FrameDropReason.NewerFrame));
        var report = Report(results, Embed(Run, 0, 1));
        Assert.True(report.BeginsScene);
        Assert.InRange(report.Views[0].Probabilities[1], 0.99, 1);
        Assert.False(Report(results, Embed(Run, 0, 1)).BeginsScene);
    }

    [Fact]
    public void Report_OtherLabels_EndsSegmentsAndStartsSmoothingAgain()
    {
        var results = new SourceResults(
            new VideoSettings { Smoothing = 0.9, Segments = new SegmentOptions(0.5, 0.5, 0) });
        Assert.Equal("cat", Assert.Single(Report(results, Embed(Run, 1, 0), 0).Segments).Label);
        var report = Report(results, Embed(Run, 0, 1), 40, Set("boat", "ship"));
        Assert.Equal(
            [("cat", true), ("ship", false)], report.Segments.Select(segment => (segment.Label, segment.Ended)));
        Assert.InRange(report.Views[0].Probabilities[1], 0.99, 1);
    }

    [Fact]
    public void End_OpenSegment_IsReported()
    {
        var results = new SourceResults(new VideoSettings { Segments = new SegmentOptions(0.5, 0.5, 0) });
        Report(results, Embed(Run, 1, 0), 0);
        Report(results, FrameOutcome.Drop(FrameDropReason.NewerFrame), 40);
        var segment = Assert.Single(results.End().Segments);
        Assert.Equal((0, 0, true), (segment.Start, segment.End, segment.Ended));
    }
}
