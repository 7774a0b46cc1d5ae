namespace ClipGrpc.Serving.Video;

/// <summary>
/// Finds out when the labels of one view begin and end to be visible. With probabilities that sum to 1 and a threshold
/// of at least 0.01, a hundred labels can be visible at once, whatever the number of labels is.
/// </summary>
internal sealed class SegmentTracker(SegmentOptions options, string regionId)
{
    private readonly Dictionary<int, Visible> _visible = [];
    private IReadOnlyList<string> _labels = [];
    private long _last;

    /// <summary>Ends what is visible: the next frame has other labels.</summary>
    public void Restart(IReadOnlyList<string> labels, List<SegmentEvent> events)
    {
        End(events);
        _labels = labels;
    }

    /// <param name="timestamp">In microseconds. One before the last ends what is visible.</param>
    /// <param name="events">Gets what begins, is long enough, or ends.</param>
    public void Next(ReadOnlySpan<double> probabilities, long timestamp, List<SegmentEvent> events)
    {
        if (timestamp < _last)
            End(events);
        _last = timestamp;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (_visible.TryGetValue(i, out var visible))
            {
                if (probabilities[i] < options.Leave)
                    End(i, visible, events);
                else
                    visible.Add(probabilities[i]);
            }
            else if (probabilities[i] >= options.Enter)
            {
                _visible.Add(i, visible = new Visible(timestamp));
                visible.Add(probabilities[i]);
            }
        }

        foreach (var (index, visible) in _visible)
        {
            if (!visible.IsReported && IsLongEnough(visible))
            {
                visible.IsReported = true;
                events.Add(EventOf(index, visible, ended: false));
            }
        }
    }

    /// <summary>Ends what is visible, at the last frame.</summary>
    public void End(List<SegmentEvent> events)
    {
        foreach (var (index, visible) in _visible)
            End(index, visible, events);
    }

    private void End(int index, Visible visible, List<SegmentEvent> events)
    {
        _visible.Remove(index);

        // Not before, because the time until the frame that ends it counts too.
        if (visible.IsReported || IsLongEnough(visible))
            events.Add(EventOf(index, visible, ended: true));
    }

    private bool IsLongEnough(Visible visible) =>
        unchecked((ulong)(_last - visible.Start)) >= (ulong)options.MinMicroseconds;

    private SegmentEvent EventOf(int index, Visible visible, bool ended) => new(
        _labels[index], index, regionId, visible.Start, _last, visible.Peak, visible.Sum / visible.Frames, ended);

    private sealed class Visible(long start)
    {
        public long Start { get; } = start;

        public double Peak { get; private set; }

        public double Sum { get; private set; }

        public long Frames { get; private set; }

        public bool IsReported { get; set; }

        public void Add(double probability)
        {
            Peak = Math.Max(Peak, probability);
            Sum += probability;
            Frames++;
        }
    }
}
