namespace ClipGrpc.Cli.Benchmarks;

/// <summary>Runs the steps of a plan, one after the other.</summary>
/// <param name="finished">Called after each step.</param>
internal sealed class BenchRun(BenchPlan plan, LoadDriver driver, Action<StepResult> finished)
{
    // Of the throughput: less than that much more is no growth.
    private const double Growth = 1.05;

    private static readonly double[] SharesOfPeak = [0.5, 0.8, 0.95];

    /// <summary>What the run takes at most, calls that end after their step not counted.</summary>
    public static TimeSpan LongestDuration(BenchPlan plan)
    {
        var closed = plan.RunsClosedLoop ? plan.Callers.Count * plan.ItemsPerCall.Count : 0;
        var open = !plan.RunsOpenLoop ? 0
            : plan.Rates.Count > 0 ? plan.Rates.Count * plan.ItemsPerCall.Count
            : SharesOfPeak.Length;
        return (plan.WarmUp + plan.Duration) * (closed + open);
    }

    public async Task<IReadOnlyList<StepResult>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<StepResult>();
        if (plan.RunsClosedLoop)
        {
            foreach (var items in plan.ItemsPerCall)
                await RunClosedAsync(items, results, cancellationToken);
        }

        if (plan.RunsOpenLoop)
        {
            foreach (var step in OpenSteps(results))
                results.Add(await RunAsync(step, cancellationToken));
        }

        return results;
    }

    // Ends when two more numbers of callers in a row have brought nothing.
    private async Task RunClosedAsync(int items, List<StepResult> results, CancellationToken cancellationToken)
    {
        var (best, without) = (0.0, 0);
        foreach (var callers in plan.Callers)
        {
            var result = await RunAsync(BenchStep.Closed(items, callers), cancellationToken);
            results.Add(result);
            without = result.Throughput > best * Growth ? 0 : without + 1;
            best = Math.Max(best, result.Throughput);
            if (without == 2)
                return;
        }
    }

    private IEnumerable<BenchStep> OpenSteps(List<StepResult> closed)
    {
        if (plan.Rates.Count > 0)
            return plan.ItemsPerCall.SelectMany(items => plan.Rates.Select(rate => BenchStep.Open(items, rate)));

        return Recommendation.FindBest(closed) is { } best
            ? [.. SharesOfPeak.Select(share => BenchStep.Open(
                best.Step.ItemsPerCall, Math.Max(1, share * best.Throughput / best.Step.ItemsPerCall)))]
            : [];
    }

    private async Task<StepResult> RunAsync(BenchStep step, CancellationToken cancellationToken)
    {
        var result = await driver.RunAsync(step, cancellationToken);
        finished(result);
        return result;
    }
}
