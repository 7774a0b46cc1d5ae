using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

/// <summary>
/// Ten times as many items as a worker can run, all with deadlines, whose batches take more or less than the costs say.
/// </summary>
public sealed class OverloadSimulationTests
{
    private const double Alpha = 0.01;
    private const double Beta = 0.04;
    private const int MaxBatchSize = 32;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly MonotonicClock _clock;
    private readonly DeviceLoad _load;
    private readonly DynamicBatcher<int, int> _batcher;
    private readonly Batch<int, int> _batch = new(MaxBatchSize);
    private readonly Random _random = new(1);
    private int _served;
    private int _late;
    private int _batches;

    public OverloadSimulationTests()
    {
        _clock = new MonotonicClock(_time);
        _load = new DeviceLoad(1, _clock);
        _batcher = new DynamicBatcher<int, int>(
            new BatcherDefinition<int>
            {
                Name = "simulated",
                Options = new BatchingOptions { MaxBatchSize = MaxBatchSize },
                Load = _load,
                Wake = () => { },
            },
            _clock);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.25)]
    [InlineData(0.5)]
    public void TakeBatch_DurationsVary_FewItemsAreRunInVain(double spread)
    {
        foreach (var size in (int[])[1, 2, 4, 8, 16, 32])
            _batcher.Learn(size, 1, Duration(size, 0));

        Run(TimeSpan.FromMinutes(5), spread);

        Assert.True(_late <= 0.02 * _served, $"{_late} of {_served} items were late, {_batches} batches");
        Assert.True(_served - _late >= 0.95 * 300 / (Beta + Alpha / 8), $"{_served} items, {_batches} batches");
    }

    private void Run(TimeSpan duration, double spread)
    {
        var end = _clock.Now + _time.TimestampFrequency * (long)duration.TotalSeconds;
        var arrival = _clock.Now;
        var batchEnd = long.MaxValue;
        while (_clock.Now < end)
        {
            MoveTo(Math.Min(arrival, batchEnd));
            if (_clock.Now >= batchEnd)
                Complete();
            if (_clock.Now >= arrival)
                arrival = _clock.Add(_clock.Now, -Math.Log(1 - _random.NextDouble()) * Beta / 10);
            Arrive();
            if (_batch.Count == 0)
                batchEnd = Start(spread);
        }
    }

    private void Arrive()
    {
        try
        {
            _batcher.Submit(
                0, new WorkContext(WorkPriority.Interactive, _time.GetUtcNow() + Deadline, CancellationToken.None));
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.Overloaded)
        {
            // most are
        }
    }

    private long Start(double spread)
    {
        if (!_batcher.TakeBatch(_batch, 0))
            return long.MaxValue;
        _batches++;
        return _clock.Add(_clock.Now, Duration(_batch.Count, spread).TotalSeconds);
    }

    private void Complete()
    {
        foreach (var item in _batch.Items)
        {
            _served++;
            _late += item.Deadline < _clock.Now ? 1 : 0;
            item.Succeed(0);
        }

        _batcher.Learn(_batch.Count, 1, _clock.Between(_batch.Formed, _clock.Now));
        _batcher.Complete(_batch);
        _load.Finish(0);
    }

    private void MoveTo(long timestamp)
    {
        if (timestamp > _clock.Now)
            _time.Advance(_clock.Between(_clock.Now, timestamp));
    }

    private TimeSpan Duration(int items, double spread) =>
        TimeSpan.FromSeconds((Alpha + Beta * items) * (1 + spread * (2 * _random.NextDouble() - 1)));
}
