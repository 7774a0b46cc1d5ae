using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Serving.Video;

/// <summary>
/// Turns the outcomes of a source's frames, in their order, into what is reported of them: with the results of earlier
/// frames for what was skipped, smoothed, and with segments.
/// </summary>
internal sealed class SourceResults
{
    private readonly View[] _views;
    private readonly bool _keepsVectors;
    private LabelSet? _labels;
    private FrameOutcome? _failure;
    private SourceCounters _counters;

    public SourceResults(VideoSettings settings)
    {
        _keepsVectors = settings.StaticThreshold > 0;
        _views = [.. Enumerable.Range(0, settings.Views).Select(i => new View(
            new ProbabilityFilter(settings.Smoothing, settings.HalfLifeMicroseconds),
            settings.Segments is { } segments
                ? new SegmentTracker(segments, settings.Regions.Count > 0 ? settings.Regions[i].Id : "")
                : null))];
    }

    /// <param name="timestamp">Of the frame, in microseconds.</param>
    public FrameReport Report(FrameOutcome frame, long timestamp, LabelSet labels, float logitScale)
    {
        var outcome = Resolve(frame);
        if (outcome.Dropped is { } reason)
        {
            _counters = _counters.With(reason);
            return new FrameReport { Dropped = reason, Counters = _counters };
        }

        if (outcome.Error is { } error)
        {
            _counters = _counters with { Failed = _counters.Failed + 1 };
            return new FrameReport { Error = error, Counters = _counters };
        }

        var segments = new List<SegmentEvent>();
        FollowLabels(labels, segments);
        var views = new ViewReport[_views.Length];
        for (var i = 0; i < views.Length; i++)
            views[i] = Report(i, frame, timestamp, labels, logitScale, segments);
        _counters = views.All(view => view.Skipped)
            ? _counters with { Skipped = _counters.Skipped + 1 }
            : _counters with { Classified = _counters.Classified + 1 };
        return new FrameReport { Views = views, Segments = segments, Counters = _counters };
    }

    /// <summary>Ends the segments that are open. There are no further frames.</summary>
    public FrameReport End()
    {
        var segments = new List<SegmentEvent>();
        foreach (var view in _views)
            view.Segments?.End(segments);
        return new FrameReport { Segments = segments, Counters = _counters };
    }

    /// <summary>A frame that was skipped shares what became of the one that it is compared with.</summary>
    private FrameOutcome Resolve(FrameOutcome frame)
    {
        if (frame.Error is not null || frame.Dropped is not null)
        {
            if (frame.Decisions is { } decisions)
            {
                _failure = frame;
                for (var i = 0; i < _views.Length; i++)
                {
                    _views[i].Vector = null;
                    _views[i].MissedScene |= decisions[i].BeginsScene;
                }
            }

            return frame;
        }

        var isMissing = false;
        for (var i = 0; i < _views.Length; i++)
        {
            if (frame.Views[i] is { } embedding)
                _views[i].Vector = _keepsVectors ? embedding.Vector.ToArray() : embedding.Vector;
            isMissing |= _views[i].Vector is null;
        }

        return isMissing ? _failure! : frame;
    }

    private void FollowLabels(LabelSet labels, List<SegmentEvent> segments)
    {
        if (ReferenceEquals(labels, _labels))
            return;

        _labels = labels;
        foreach (var view in _views)
        {
            view.Filter.Restart();
            view.Segments?.Restart(labels.Definition.Labels, segments);
        }
    }

    private ViewReport Report(
        int index, FrameOutcome frame, long timestamp, LabelSet labels, float logitScale, List<SegmentEvent> segments)
    {
        var view = _views[index];
        var decision = frame.Decisions![index];
        var beginsScene = decision.BeginsScene || view.MissedScene;
        view.MissedScene = false;
        if (beginsScene)
            view.Filter.Restart();
        var vector = view.Vector!.Value;
        var cosines = Similarity.Cosines(vector.Span, labels);
        var probabilities = view.Filter.Next(Similarity.Softmax(cosines, logitScale), timestamp);
        view.Segments?.Next(probabilities, timestamp, segments);
        if (!_keepsVectors)
            view.Vector = null;
        return new ViewReport(vector, cosines, probabilities, !decision.Runs, beginsScene);
    }

    private sealed class View(ProbabilityFilter filter, SegmentTracker? segments)
    {
        public ProbabilityFilter Filter { get; } = filter;

        public SegmentTracker? Segments { get; } = segments;

        /// <summary>Whether frames without a result began a scene since the last one that has one.</summary>
        public bool MissedScene { get; set; }

        /// <summary>The result of the last frame that was run; null: it failed.</summary>
        public ReadOnlyMemory<float>? Vector { get; set; }
    }
}
