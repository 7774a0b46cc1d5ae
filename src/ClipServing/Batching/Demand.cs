namespace ClipGrpc.Serving.Batching;

/// <summary>The work that callers request, accepted or rejected, averaged over the last seconds.</summary>
internal sealed class Demand
{
    private const double AveragedSeconds = 5;

    private double _seconds;
    private double _at;

    /// <param name="now">Seconds since any fixed time.</param>
    /// <param name="seconds">The duration of the requested work.</param>
    public void Add(double now, double seconds) => (_seconds, _at) = (Remaining(now) + seconds, now);

    /// <summary>Seconds of work per second.</summary>
    public double At(double now) => Remaining(now) / AveragedSeconds;

    private double Remaining(double now) => _seconds * Math.Exp(Math.Min(0, _at - now) / AveragedSeconds);
}
