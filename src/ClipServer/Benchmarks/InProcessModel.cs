using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>A model as the server runs it, with decoding, queues and batches, called without a network.</summary>
internal sealed class InProcessModel(RunningModel model, TimeSpan duration, TimeProvider time)
{
    private const int MostCallers = 32;
    private const int FewestCallers = 2;
    private const int FewestSingles = 3;
    private const int Rounds = 3;

    // Times the duration: what the items of all callers may take if they are encoded one after the other.
    private const double LongestTurn = 4;

    private static readonly WorkContext Context = new(WorkPriority.Interactive, null, CancellationToken.None);

    public async Task<float[]> EmbedAsync(ItemInput input) => (await model.EmbedAsync(input, Context)).Vector.ToArray();

    /// <summary>The median time of one item, when nothing else runs.</summary>
    public async Task<TimeSpan> MeasureSingleAsync(Func<ItemInput> next)
    {
        var times = new List<TimeSpan>();
        var start = time.GetTimestamp();
        while (times.Count < FewestSingles || time.GetElapsedTime(start) < duration)
        {
            var began = time.GetTimestamp();
            await model.EmbedAsync(next(), Context);
            times.Add(time.GetElapsedTime(began));
        }

        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>Callers that fill the batches of a fast model, and do not wait for minutes for a slow one.</summary>
    /// <param name="single">As <see cref="MeasureSingleAsync"/> found it.</param>
    public int CallersFor(TimeSpan single) =>
        (int)Math.Clamp(LongestTurn * (duration / single), FewestCallers, MostCallers);

    /// <summary>
    /// Items per second of callers that each wait for their embedding before they send the next item: the median of
    /// some rounds, because other programs may take the cores for a moment.
    /// </summary>
    public async Task<double> MeasureRateAsync(Func<ItemInput> next, int callers)
    {
        await RunAsync(next, callers, TimeSpan.Zero);
        var rates = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var start = time.GetTimestamp();
            var items = await RunAsync(next, callers, duration / Rounds);
            rates[round] = items / time.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(rates);
        return rates[Rounds / 2];
    }

    /// <returns>The number of items that were embedded.</returns>
    private async Task<int> RunAsync(Func<ItemInput> next, int callers, TimeSpan least)
    {
        var start = time.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallAsync)));
        return counts.Sum();

        async Task<int> CallAsync()
        {
            var count = 0;
            do
            {
                await model.EmbedAsync(next(), Context);
                count++;
            }
            while (time.GetElapsedTime(start) < least);

            return count;
        }
    }
}
