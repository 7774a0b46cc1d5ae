using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

/// <summary>
/// One caller keeps 40 calls of 16 images without a deadline open; another sends two images per second with a deadline
/// of 1 s. Both stages are simulated: images are decoded on two cores and run on one device with the costs of a
/// ViT-B/32 on two cores. The greedy caller's images may take long to decode, as large progressive JPEGs do.
/// </summary>
public sealed class GreedyCallerSimulationTests
{
    private const int GreedyCalls = 40;
    private const int ItemsPerCall = 16;
    private const double Alpha = 0.02;
    private const double Beta = 0.044;
    private const int DecodeMilliseconds = 8;
    private const int DecodeWorkers = 2;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly MonotonicClock _clock;
    private readonly CallerKey _greedy = new();
    private readonly Stage _decode;
    private readonly Stage _device;
    private readonly List<Call> _decoding = [];
    private readonly List<(WorkItem<int, int> Item, WorkContext Context)> _running = [];
    private int _greedyInFlight;
    private int _greedyServed;
    private int _politeSent;
    private int _politeInTime;

    public GreedyCallerSimulationTests()
    {
        _clock = new MonotonicClock(_time);
        _decode = new Stage(_clock, DecodeWorkers, maxBatch: 1, inputs => inputs[0] / 1000.0);
        _device = new Stage(_clock, workers: 1, maxBatch: 32, inputs => Alpha + Beta * inputs.Length);
        _device.Batcher.Learn(1, 1, TimeSpan.FromSeconds(Alpha + Beta));
        _device.Batcher.Learn(4, 1, TimeSpan.FromSeconds(Alpha + 4 * Beta));
        _device.Batcher.SizeByCost();
    }

    [Theory]
    [InlineData(true, DecodeMilliseconds)]
    [InlineData(true, 80)]
    [InlineData(false, DecodeMilliseconds)]
    public void Submit_OtherCallerIsGreedy_ThePoliteOneIsServedInTimeIfTheyAreTwo(
        bool isAnotherCaller, int greedyDecodeMilliseconds)
    {
        var polite = isAnotherCaller ? new CallerKey() : _greedy;
        var end = _clock.Add(_clock.Now, Length);
        var nextPolite = _clock.Add(_clock.Now, 1);
        while (_clock.Now < end)
        {
            // Calls that are refused come again at once.
            var missing = GreedyCalls * ItemsPerCall - _greedyInFlight;
            _greedyInFlight += missing;
            for (var i = 0; i < missing; i++)
                Send(_greedy, greedyDecodeMilliseconds, deadline: null);

            if (_clock.Now >= nextPolite)
            {
                _politeSent++;
                nextPolite = _clock.Add(nextPolite, 0.5);
                Send(polite, DecodeMilliseconds, _time.GetUtcNow() + TimeSpan.FromSeconds(1));
            }

            RunStages();
            _time.Advance(Step);
        }

        var goodput = _greedyServed / Length.TotalSeconds;
        if (isAnotherCaller)
            Assert.True(_politeInTime >= 0.95 * (_politeSent - 2), $"{_politeInTime} of {_politeSent} were in time");
        else
            Assert.True(_politeInTime < 0.5 * _politeSent, "the load is too low to tell");
        Assert.True(goodput > 0.85 / (Alpha / 8 + Beta), $"{goodput:0.0} images/s of the greedy caller");
    }

    private void Send(CallerKey caller, int decodeMilliseconds, DateTimeOffset? deadline)
    {
        var context = new WorkContext(WorkPriority.Interactive, deadline, CancellationToken.None) { Caller = caller };
        try
        {
            var ready = deadline is null ? Readiness.Now : _decode.Batcher.WhenServed(1, context);
            var expected = _device.Batcher.Expect(1, context, ready);
            _decoding.Add(new Call(_decode.Batcher.Submit(decodeMilliseconds, context), expected, context));
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.Overloaded)
        {
            Ended(context);
        }
    }

    private void RunStages()
    {
        _decode.Run();
        foreach (var call in _decoding.Where(call => call.Decoded.Task.IsCompleted).ToArray())
        {
            _decoding.Remove(call);
            try
            {
                _running.Add((_device.Batcher.Submit(1, call.Context), call.Context));
            }
            catch (ClipException exception) when (exception.Code == ClipErrorCode.Overloaded)
            {
                Ended(call.Context);
            }

            _device.Batcher.Unexpect(call.Expected);
        }

        _device.Run();
        foreach (var (item, context) in _running.Where(running => running.Item.Task.IsCompleted))
        {
            Ended(context);
            if (!item.Task.IsCompletedSuccessfully)
                continue;
            if (context.Deadline is null)
                _greedyServed++;
            else if (_time.GetUtcNow() <= context.Deadline)
                _politeInTime++;
        }

        _running.RemoveAll(running => running.Item.Task.IsCompleted);
    }

    private void Ended(WorkContext context) => _greedyInFlight -= context.Deadline is null ? 1 : 0;

    private sealed record Call(WorkItem<int, int> Decoded, WaitingItem Expected, WorkContext Context);

    /// <summary>A batcher with workers whose batches take exactly what the costs say.</summary>
    private sealed class Stage
    {
        private readonly MonotonicClock _clock;
        private readonly Func<ReadOnlySpan<int>, double> _seconds;
        private readonly DeviceLoad _load;
        private readonly (Batch<int, int> Batch, long End, double Seconds)[] _workers;

        public Stage(MonotonicClock clock, int workers, int maxBatch, Func<ReadOnlySpan<int>, double> seconds)
        {
            _clock = clock;
            _seconds = seconds;
            _load = new DeviceLoad(workers, clock);
            _workers = [.. Enumerable.Range(0, workers).Select(_ => (new Batch<int, int>(maxBatch), 0L, 0.0))];
            Batcher = new DynamicBatcher<int, int>(
                new BatcherDefinition<int>
                {
                    Name = "simulated",
                    Options = new BatchingOptions { MaxBatchSize = maxBatch, Workers = workers },
                    Load = _load,
                    Wake = () => { },
                },
                clock);
        }

        public DynamicBatcher<int, int> Batcher { get; }

        public void Run()
        {
            for (var number = 0; number < _workers.Length; number++)
            {
                ref var worker = ref _workers[number];
                if (worker.Batch.Count > 0 && worker.End <= _clock.Now)
                {
                    foreach (var item in worker.Batch.Items)
                        item.Succeed(0);
                    Batcher.Learn(worker.Batch.Count, 1, TimeSpan.FromSeconds(worker.Seconds));
                    Batcher.Complete(worker.Batch);
                    _load.Finish(number);
                }

                if (worker.Batch.Count == 0 && Batcher.TakeBatch(worker.Batch, number))
                {
                    worker.Seconds = _seconds(worker.Batch.Inputs);
                    worker.End = _clock.Add(_clock.Now, worker.Seconds);
                }
            }
        }
    }
}
