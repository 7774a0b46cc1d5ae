namespace ClipGrpc.Cli.Video.Reports;

/// <summary>
/// The largest probability of each label per interval. The intervals double when there are too many of them, so that a
/// stream of any length takes the same memory.
/// </summary>
internal sealed class ScoreTimeline(int labels)
{
    public const int MaxIntervals = 1024;

    private readonly List<float[]?> _intervals = [];

    public TimeSpan Interval { get; private set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>One entry per interval: a probability per label, or null where no frame was.</summary>
    public IReadOnlyList<float[]?> Intervals => _intervals;

    public void Add(TimeSpan time, IReadOnlyList<float> scores)
    {
        if (time < TimeSpan.Zero || scores.Count != labels)
            return;
        while (time.Ticks / Interval.Ticks >= MaxIntervals)
            Halve();
        var index = (int)(time.Ticks / Interval.Ticks);
        while (_intervals.Count <= index)
            _intervals.Add(null);
        var interval = _intervals[index] ??= new float[labels];
        for (var label = 0; label < labels; label++)
            interval[label] = Math.Max(interval[label], scores[label]);
    }

    private void Halve()
    {
        for (var i = 0; i < _intervals.Count; i += 2)
            _intervals[i / 2] = Larger(_intervals[i], i + 1 < _intervals.Count ? _intervals[i + 1] : null);
        _intervals.RemoveRange((_intervals.Count + 1) / 2, _intervals.Count / 2);
        Interval *= 2;
    }

    private static float[]? Larger(float[]? first, float[]? second)
    {
        if (first is null || second is null)
            return first ?? second;
        for (var label = 0; label < first.Length; label++)
            first[label] = Math.Max(first[label], second[label]);
        return first;
    }
}
