using System.Numerics;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Estimates <see cref="BatchCost"/> from measured batches: a moving average per size class (a power of two), and a
/// line through the classes. With classes, the line remains defined when all batches have the same size for hours; a
/// recursive fit would forget the slope.
/// <para>
/// The line is scaled so that it meets the sizes that run now. Sizes that were measured when others used the machine
/// would otherwise make the estimate of all sizes too high for as long as they do not run again; and large batches do
/// not run for as long as the estimate is too high for the deadlines.
/// </para>
/// </summary>
internal sealed class BatchCostModel
{
    /// <summary>Weight of a new measurement in its class: the average is over about ten batches.</summary>
    private const double Gain = 0.2;

    /// <summary>Factor of a class's weight in the line, per measurement of another class.</summary>
    private const double Forgetting = 0.98;

    /// <summary>Minimum weight of a class that was measured, because it determines the slope.</summary>
    private const double LeastWeight = 0.05;

    /// <summary>A disturbed batch (paged out, throttled) counts at most this multiple of the expected time.</summary>
    private const double OutlierLimit = 4;

    /// <summary>
    /// The deviation that few batches exceed, divided by the mean one. Under overload, batches grow until they end just
    /// before a deadline by their estimate: with the mean deviation, a fifth of them would take longer.
    /// </summary>
    private const double Caution = 2;

    private readonly Lock _lock = new();
    private readonly SizeClass[] _classes = new SizeClass[32];
    private double _deviation;
    private double _pace = 1;
    private volatile BatchCost _cost = BatchCost.Unknown;

    public BatchCost Cost => _cost;

    /// <param name="units">Items × padded length, at least 1.</param>
    /// <param name="duration">The duration of the whole batch.</param>
    public void Observe(long units, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        var seconds = Math.Max(duration.TotalSeconds, 0);
        lock (_lock)
        {
            ref var own = ref _classes[Math.Min(BitOperations.Log2((ulong)units), _classes.Length - 1)];
            var expected = _cost.Seconds(units);
            // The first measurement of a class is new information, not a deviation.
            if (expected > 0 && own.Count > 0)
            {
                seconds = Math.Min(seconds, OutlierLimit * expected);
                var error = Math.Min(Caution * Math.Abs(seconds - expected) / expected, 1);
                _deviation += Gain * (error - _deviation);
            }

            foreach (ref var other in _classes.AsSpan())
                other.Weight = other.Count > 0 ? Math.Max(other.Weight * Forgetting, LeastWeight) : 0;
            own.Add(units, seconds);
            var line = Fit();
            var ratio = line.Seconds(own.Units) is > 0 and var fitted ? own.Seconds / fitted : 1;
            _pace += Gain * (ratio - _pace);
            _cost = line with { Alpha = _pace * line.Alpha, Beta = _pace * line.Beta };
        }
    }

    private BatchCost Fit()
    {
        double weights = 0, meanUnits = 0, meanSeconds = 0;
        foreach (ref readonly var c in _classes.AsSpan())
        {
            weights += c.Weight;
            meanUnits += c.Weight * c.Units;
            meanSeconds += c.Weight * c.Seconds;
        }

        meanUnits /= weights;
        meanSeconds /= weights;
        double variance = 0, covariance = 0;
        foreach (ref readonly var c in _classes.AsSpan())
        {
            variance += c.Weight * (c.Units - meanUnits) * (c.Units - meanUnits);
            covariance += c.Weight * (c.Units - meanUnits) * (c.Seconds - meanSeconds);
        }

        // With one size, the line is proportional. A negative slope or intercept is noise and becomes zero.
        if (variance <= 1e-9 * meanUnits * meanUnits)
            return new(0, meanSeconds / meanUnits, _deviation);
        var beta = covariance / variance;
        var alpha = meanSeconds - beta * meanUnits;
        return beta < 0 ? new(meanSeconds, 0, _deviation)
            : alpha < 0 ? new(0, meanSeconds / meanUnits, _deviation)
            : new(alpha, beta, _deviation);
    }

    private struct SizeClass
    {
        public double Units;
        public double Seconds;
        public double Weight;
        public int Count;

        public void Add(long units, double seconds)
        {
            Count = Math.Min(Count + 1, 1000);
            var gain = Math.Max(Gain, 1.0 / Count);
            Units += gain * (units - Units);
            Seconds += gain * (seconds - Seconds);
            Weight = 1;
        }
    }
}
