namespace ClipGrpc.Serving.Video;

/// <summary>
/// Takes at most so many frames per second of their own time. Frames are due on a grid of intervals, so that the
/// average is kept where the rate of the source is no multiple; one that is a little early, as jitter and rounded
/// timestamps make it, is taken.
/// </summary>
internal sealed class FrameRateLimiter(double maxFps)
{
    private const double EarlyPart = 1.0 / 8;

    private readonly double _interval = 1_000_000 / maxFps;

    // Relative to the last frame, because a timestamp since 1970 leaves a double no fractions.
    private double _dueIn;
    private long _last;
    private bool _started;

    /// <param name="timestamp">In microseconds. One before the last restarts the grid.</param>
    public bool Take(long timestamp)
    {
        if (!_started || timestamp < _last)
        {
            _started = true;
            _dueIn = 0;
        }
        else
        {
            // The difference of any two numbers fits without a sign.
            _dueIn -= unchecked((ulong)(timestamp - _last));
        }

        _last = timestamp;
        if (_dueIn > _interval * EarlyPart)
            return false;

        // After a gap, the grid begins again with this frame.
        _dueIn = _dueIn < -_interval ? _interval : _dueIn + _interval;
        return true;
    }
}
