namespace ClipGrpc.LoadTest.Driving;

/// <summary>When the calls of an open loop are to be sent: evenly, at a constant rate.</summary>
/// <param name="Rate">Calls a second.</param>
/// <param name="Duration">Calls are sent from 0 to before this.</param>
internal readonly record struct ArrivalSchedule(double Rate, TimeSpan Duration)
{
    public long Count => (long)Math.Ceiling((Rate * Duration.TotalSeconds) - 1e-9);

    /// <summary>From the first call to call <paramref name="number"/>. Not summed up, so that no error grows.</summary>
    public TimeSpan TimeOf(long number) => TimeSpan.FromSeconds(number / Rate);

    /// <summary>Rates from <paramref name="first"/> to <paramref name="last"/>, the last included where a step meets
    /// it.
    /// </summary>
    public static IReadOnlyList<double> Steps(double first, double last, double step)
    {
        if (first <= 0 || last < first || step <= 0)
            throw new LoadTestException("steps are FIRST:LAST:STEP, each above 0, FIRST not above LAST.");

        var count = (int)Math.Floor(((last - first) / step) + 1e-9) + 1;
        return [.. Enumerable.Range(0, count).Select(i => first + (i * step))];
    }
}
