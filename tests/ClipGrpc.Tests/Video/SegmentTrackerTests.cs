using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

public sealed class SegmentTrackerTests
{
    private readonly List<SegmentEvent> _events = [];

    private static SegmentTracker Tracker(double enter = 0.6, double leave = 0.4, long minimum = 0)
    {
        var tracker = new SegmentTracker(new SegmentOptions(enter, leave, minimum), "door");
        tracker.Restart(["cat", "dog"], []);
        return tracker;
    }

    private SegmentEvent[] Next(SegmentTracker tracker, double cat, long timestamp)
    {
        _events.Clear();
        tracker.Next([cat, 0], timestamp, _events);
        return [.. _events];
    }

    private SegmentEvent[] End(SegmentTracker tracker)
    {
        _events.Clear();
        tracker.End(_events);
        return [.. _events];
    }

    [Fact]
    public void Next_LabelComesAndGoes_ReportsBeginAndEndWithPeakAndMean()
    {
        var tracker = Tracker();
        Assert.Empty(Next(tracker, 0.5, 0));
        Assert.Equal(
            new SegmentEvent("cat", 0, "door", 40, 40, 0.6, 0.6, Ended: false), Assert.Single(Next(tracker, 0.6, 40)));
        Assert.Empty(Next(tracker, 0.9, 80));
        Assert.Empty(Next(tracker, 0.4, 120));
        var ended = Assert.Single(Next(tracker, 0.3, 160));
        Assert.Equal((40, 160, 0.9, true), (ended.Start, ended.End, ended.Peak, ended.Ended));
        Assert.Equal((0.6 + 0.9 + 0.4) / 3, ended.Mean, 1e-12);
        Assert.Empty(Next(tracker, 0.5, 200));
        Assert.Empty(End(tracker));
    }

    [Fact]
    public void Next_ShorterThanTheMinimum_IsNotReported()
    {
        var tracker = Tracker(minimum: 100);
        Assert.Empty(Next(tracker, 0.9, 0));
        Assert.Empty(Next(tracker, 0.9, 50));
        Assert.Empty(Next(tracker, 0.1, 99));
        Assert.Empty(Next(tracker, 0.9, 150));
        Assert.Empty(End(tracker));
    }

    [Fact]
    public void Next_LongEnough_IsReportedOnceThenEnds()
    {
        var tracker = Tracker(minimum: 100);
        Assert.Empty(Next(tracker, 0.9, 0));
        var begun = Assert.Single(Next(tracker, 0.9, 100));
        Assert.Equal((0, 100, false), (begun.Start, begun.End, begun.Ended));
        Assert.Empty(Next(tracker, 0.9, 200));
        Assert.True(Assert.Single(Next(tracker, 0.1, 300)).Ended);
    }

    [Fact]
    public void Next_NextFrameIsAfterTheMinimumAndEndsIt_ReportsTheEnd()
    {
        var tracker = Tracker(minimum: 100);
        Next(tracker, 0.9, 0);
        var ended = Assert.Single(Next(tracker, 0.1, 500));
        Assert.Equal((0, 500, true), (ended.Start, ended.End, ended.Ended));
    }

    [Fact]
    public void Next_TimestampBeforeTheLast_EndsTheSegmentAndBeginsAnother()
    {
        var tracker = Tracker();
        Next(tracker, 0.9, 1000);
        Next(tracker, 0.9, 2000);
        var events = Next(tracker, 0.9, 10);
        Assert.Equal(2, events.Length);
        Assert.Equal((1000, 2000, true), (events[0].Start, events[0].End, events[0].Ended));
        Assert.Equal((10, 10, false), (events[1].Start, events[1].End, events[1].Ended));
    }

    [Fact]
    public void Restart_OtherLabels_EndsWithTheOldNames()
    {
        var tracker = Tracker();
        Next(tracker, 0.9, 0);
        Next(tracker, 0.9, 40);
        _events.Clear();
        tracker.Restart(["boat"], _events);
        Assert.Equal(
            new SegmentEvent("cat", 0, "door", 0, 40, 0.9, 0.9, Ended: true), Assert.Single(_events));
        Assert.Equal("boat", Assert.Single(Next(tracker, 0.9, 80)).Label);
    }

    [Fact]
    public void End_Open_EndsAtTheLastFrame()
    {
        var tracker = Tracker();
        Next(tracker, 0.9, 0);
        Next(tracker, 0.7, 40);
        var ended = Assert.Single(End(tracker));
        Assert.Equal((0, 40, true), (ended.Start, ended.End, ended.Ended));
        Assert.Empty(End(tracker));
    }

    [Fact]
    public void Next_TwoLabels_AreIndependent()
    {
        var tracker = Tracker(enter: 0.4, leave: 0.4);
        tracker.Next([0.5, 0.5], 0, _events);
        Assert.Equal(["cat", "dog"], _events.Select(segment => segment.Label));
        _events.Clear();
        tracker.Next([0.1, 0.9], 40, _events);
        Assert.Equal("cat", Assert.Single(_events).Label);
    }
}
