namespace ClipGrpc.LoadTest.Serving;

/// <summary>Processor time that both ends have taken so far or, as a difference, in a stretch of time.</summary>
internal readonly record struct ProcessorUse(TimeSpan Elapsed, TimeSpan Server, TimeSpan Driver)
{
    public double ServerCores => Server / Elapsed;

    public double DriverCores => Driver / Elapsed;

    public static ProcessorUse operator -(ProcessorUse later, ProcessorUse earlier) =>
        new(later.Elapsed - earlier.Elapsed, later.Server - earlier.Server, later.Driver - earlier.Driver);
}
