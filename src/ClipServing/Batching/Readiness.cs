namespace ClipGrpc.Serving.Batching;

/// <summary>When an item that must be prepared could be submitted.</summary>
/// <param name="Seconds">A cautious estimate.</param>
/// <param name="MeasuredSeconds">An estimate from the measured costs.</param>
/// <param name="IsAlone">Whether only items of its own call are prepared before it.</param>
internal readonly record struct Readiness(double Seconds, double MeasuredSeconds, bool IsAlone)
{
    /// <summary>It is already prepared.</summary>
    public static Readiness Now => new(0, 0, true);
}
