using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

/// <summary>
/// Random work on workers whose batches take exactly what the costs say: whatever is admitted with a deadline is in
/// time, whoever comes later.
/// </summary>
public sealed class PromiseSimulationTests
{
    private const double Alpha = 0.1;
    private const double Beta = 0.01;

    private readonly FakeTimeProvider _time = new();
    private readonly MonotonicClock _clock;
    private readonly List<WorkItem<int, int>> _admitted = [];
    private readonly List<string> _broken = [];
    private CallerKey[] _callers = [];
    private int _refused;

    public PromiseSimulationTests() => _clock = new MonotonicClock(_time);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 3, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 3, 1)]
    [InlineData(1, 1, 3)]
    [InlineData(1, 3, 3)]
    [InlineData(2, 1, 3)]
    [InlineData(2, 3, 3)]
    public void Submit_CostsHold_WhatIsAdmittedIsServedInTime(int workers, int buckets, int callers) =>
        AssertPromisesHold(workers, buckets, callers, maxBatch: 8);

    /// <summary>As images are decoded: one by one, and the turn of a long one costs its caller more.</summary>
    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(1, 3, 3)]
    [InlineData(2, 3, 3)]
    public void Submit_OneByOneAndLengthsAreCharged_WhatIsAdmittedIsServedInTime(
        int workers, int buckets, int callers) => AssertPromisesHold(workers, buckets, callers, maxBatch: 1);

    private void AssertPromisesHold(int workers, int buckets, int callers, int maxBatch)
    {
        _callers = [.. Enumerable.Range(0, callers).Select(_ => new CallerKey())];
        for (var seed = 0; seed < 20; seed++)
            Simulate(new Random(seed), workers, [.. Enumerable.Range(1, buckets).Select(i => 4 * i)], maxBatch);

        Assert.True(_broken.Count == 0, $"{_broken.Count} of {_admitted.Count}: {string.Join("; ", _broken.Take(10))}");
        Assert.True(_admitted.Count > 1000 && _refused > 1000, $"{_admitted.Count} admitted, {_refused} refused");
    }

    private void Simulate(Random random, int workers, int[] lengths, int maxBatch)
    {
        var load = new DeviceLoad(workers, _clock);
        var batcher = new DynamicBatcher<int, int>(
            new BatcherDefinition<int>
            {
                Name = "simulated",
                Options = new BatchingOptions { MaxBatchSize = maxBatch, Workers = workers },
                Length = length => length,
                LengthBuckets = lengths,
                ChargesLength = maxBatch == 1,
                Load = load,
                Wake = () => { },
            },
            _clock);
        foreach (var size in (int[])[1, 8])
            batcher.Learn(size, lengths[0], Seconds(size * lengths[0]));
        Worker[] all = [.. Enumerable.Range(0, workers).Select(number => new Worker(number))];
        for (var arrivals = 0; arrivals < 400 || all.Any(worker => worker.IsBusy); arrivals++)
        {
            var until = _clock.Add(_clock.Now, 0.02 * random.NextDouble());
            while (all.Where(worker => worker.IsBusy && worker.End <= until).MinBy(worker => worker.End) is { } next)
                End(next, batcher, load, all);
            MoveTo(until);
            if (arrivals < 400)
                Arrive(random, batcher, lengths);
            Start(batcher, all);
        }
    }

    private void Arrive(Random random, DynamicBatcher<int, int> batcher, int[] lengths)
    {
        var length = lengths[random.Next(lengths.Length)];
        var least = Seconds(length) + TimeSpan.FromMilliseconds(1);
        DateTimeOffset? deadline = random.Next(3) == 0
            ? null
            : _time.GetUtcNow() + least + TimeSpan.FromSeconds(random.NextDouble());
        var priority = (WorkPriority)random.Next(2);
        try
        {
            // The first caller has most of the load.
            var caller = _callers[Math.Max(0, random.Next(2 * _callers.Length) - _callers.Length)];
            _admitted.Add(batcher.Submit(
                length, new WorkContext(priority, deadline, CancellationToken.None) { Caller = caller }));
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.Overloaded)
        {
            _refused++;
        }
    }

    private void Start(DynamicBatcher<int, int> batcher, Worker[] workers)
    {
        foreach (var worker in workers)
        {
            if (!worker.IsBusy && batcher.TakeBatch(worker.Batch, worker.Number))
                worker.End = _clock.Add(_clock.Now, Seconds(worker.Batch.Count * worker.Batch.Length));
        }

        foreach (var item in _admitted.Where(item => item.Task.IsFaulted))
        {
            _broken.Add($"{item.Priority} of {item.Length} was turned away "
                + $"{_clock.SecondsBetween(item.PlannedStart, _clock.Now):0.000} s after its planned start, "
                + $"{_clock.SecondsBetween(_clock.Now, item.Deadline):0.000} s before its deadline");
        }

        _admitted.RemoveAll(item => item.Task.IsFaulted);
    }

    private void End(Worker worker, DynamicBatcher<int, int> batcher, DeviceLoad load, Worker[] workers)
    {
        MoveTo(worker.End);
        foreach (var item in worker.Batch.Items)
        {
            var left = _clock.SecondsBetween(_clock.Now, item.Deadline);
            if (left < -1e-3)
                _broken.Add($"{item.Priority} of {item.Length} was {-left:0.000} s late");
            item.Succeed(0);
        }

        batcher.Complete(worker.Batch);
        load.Finish(worker.Number);
        Start(batcher, workers);
    }

    private void MoveTo(long timestamp)
    {
        if (timestamp > _clock.Now)
            _time.Advance(_clock.Between(_clock.Now, timestamp));
    }

    private static TimeSpan Seconds(int units) => TimeSpan.FromSeconds(Alpha + Beta * units);

    private sealed class Worker(int number)
    {
        public int Number { get; } = number;

        public Batch<int, int> Batch { get; } = new(8);

        public long End { get; set; }

        public bool IsBusy => Batch.Count > 0;
    }
}
