using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>A model as the server runs it, with decoding, queues and batches, called without a network.</summary>
internal sealed class ServedModel(RunningModel model, TimeSpan duration, TimeProvider time)
{
    private const int MostCallers = 32;
    private const int FewestCallers = 2;
    private const int FewestSingles = 3;

    // Of the duration, that the items of all callers take to encode one after the other.
    private const double LongestRound = 4;

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
        (int)Math.Clamp(LongestRound * (duration / single), FewestCallers, MostCallers);

    /// <summary>Items per second of callers that each wait for their embedding before they send the next item.</summary>
    public async Task<double> MeasureRateAsync(Func<ItemInput> next, int callers)
    {
        await RunAsync(TimeSpan.Zero);
        var start = time.GetTimestamp();
        var items = await RunAsync(duration);
        return items / time.GetElapsedTime(start).TotalSeconds;

        async Task<int> RunAsync(TimeSpan least)
        {
            var began = time.GetTimestamp();
            var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
            {
                var count = 0;
                do
                {
                    await model.EmbedAsync(next(), Context);
                    count++;
                }
                while (time.GetElapsedTime(began) < least);

                return count;
            })));
            return counts.Sum();
        }
    }
}
