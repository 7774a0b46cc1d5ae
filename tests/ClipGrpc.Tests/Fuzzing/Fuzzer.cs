using System.Globalization;

namespace ClipGrpc.Tests.Fuzzing;

/// <summary>
/// Runs code on random input for two seconds, or CLIPGRPC_FUZZ_SECONDS: it may only end well or in a ClipException, and
/// must allocate little.
/// </summary>
internal static class Fuzzer
{
    private const long AllocationLimit = 32 << 20;

    private static double Seconds { get; } = double.Parse(
        Environment.GetEnvironmentVariable("CLIPGRPC_FUZZ_SECONDS") ?? "2", CultureInfo.InvariantCulture);

    /// <param name="make">Makes an input, and from it what is to be run.</param>
    /// <returns>How often it ran, and how many inputs were refused.</returns>
    public static (long Runs, long Refused) Run(string name, Func<Random, Action> make)
    {
        var begin = TimeProvider.System.GetTimestamp();
        var (runs, refused) = (0L, 0L);
        for (var seed = 0; runs == 0 || TimeProvider.System.GetElapsedTime(begin).TotalSeconds < Seconds; seed++)
        {
            var run = make(new Random(seed));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Record.Exception(run);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (error is not (null or ClipException))
                Assert.Fail($"Seed {seed} of {name}: {error}");
            if (allocated >= AllocationLimit)
                Assert.Fail($"Seed {seed} of {name} allocated {allocated} bytes.");
            runs++;
            refused += error is null ? 0 : 1;
        }

        return (runs, refused);
    }
}
