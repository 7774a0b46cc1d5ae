namespace ClipGrpc.Serving.Video;

/// <summary>
/// An exponential moving average of probabilities, with one weight of the past per frame or, with a half-life, by the
/// time between frames.
/// </summary>
/// <param name="smoothing">The weight of the past, 0 to less than 1; 0: none.</param>
/// <param name="halfLife">In microseconds; 0: <paramref name="smoothing"/> applies.</param>
internal sealed class ProbabilityFilter(double smoothing, long halfLife = 0)
{
    private double[]? _past;
    private long _last;

    /// <summary>The average with a frame, in place.</summary>
    /// <param name="timestamp">In microseconds. With a half-life, one before the last starts again.</param>
    public double[] Next(double[] current, long timestamp)
    {
        var weight = WeightOfPast(timestamp);
        _last = timestamp;
        if (smoothing == 0 && halfLife == 0)
            return current;

        if (_past is not null && weight > 0)
        {
            for (var i = 0; i < current.Length; i++)
                current[i] = (weight * _past[i]) + ((1 - weight) * current[i]);
        }

        return _past = current;
    }

    /// <summary>The next frame is the first one.</summary>
    public void Restart() => _past = null;

    private double WeightOfPast(long timestamp)
    {
        if (halfLife == 0)
            return smoothing;
        return timestamp < _last ? 0 : Math.Pow(0.5, unchecked((ulong)(timestamp - _last)) / (double)halfLife);
    }
}
