using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

/// <summary>
/// Random work for two models of one device, whose batches take exactly what the costs say. What is admitted with a
/// deadline is in time, whoever comes later to the other model, but for a few: a model's admission knows what the other
/// one's callers ask for only on average. The worker's thread does everything: it submits what arrives while a batch
/// runs.
/// </summary>
public sealed class SharedDeviceSimulationTests : BatchingTest
{
    private const int Arrivals = 6000;
    private const double Tolerated = 0.01;

    private readonly Dictionary<int, (DateTimeOffset Deadline, Task Task)> _admitted = [];
    private readonly List<string> _broken = [];
    private readonly Random _random = new(1);
    private readonly ScriptedDevice _otherDevice = new() { Gated = false };
    private int _arrived;
    private int _admittedToOther;
    private int _refused;

    [Theory(Timeout = 120_000)]
    [InlineData(0.1, 0.01, 0.1, 0.01, 0.5)]
    [InlineData(0.1, 0.01, 0.4, 0.05, 0.5)]
    [InlineData(0.1, 0.01, 0.02, 0.002, 0.2)]
    public async Task Submit_TwoModels_WhatIsAdmittedIsServedInTime(
        double alpha, double beta, double otherAlpha, double otherBeta, double shareOfOther)
    {
        Options.MaxBatchSize = 8;
        Options.QueueCapacity = 1000;
        var queue = AddQueue("one");
        var other = AddQueue("other", _otherDevice);
        await MeasureAsync(queue, alpha, beta);
        _otherDevice.OnRun =
            inputs => Clock.Advance(TimeSpan.FromSeconds(otherAlpha + otherBeta * inputs.Length));
        await other.WarmUpAsync(99, new WarmUpPlan(1, 8), CancellationToken.None).WaitAsync(Limit);

        // Twice what the device can do: 8 items of each model per batch of both.
        var ended = new TaskCompletionSource();
        var interval = (alpha + otherAlpha + 8 * (beta + otherBeta)) / 16 / 2;
        Device.OnRun = inputs => Run(inputs, alpha + beta * inputs.Length);
        _otherDevice.OnRun = inputs => Run(inputs, otherAlpha + otherBeta * inputs.Length);
        Device.Open();
        SubmitFiller();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(100));

        Assert.True(
            _broken.Count <= Tolerated * _admitted.Count,
            $"{_broken.Count} of {_admitted.Count}: {string.Join("; ", _broken.Take(10))}");
        Assert.InRange(_admittedToOther, 0.15 * _admitted.Count, 0.85 * _admitted.Count); // none is starved
        Assert.True(_admitted.Count > 500 && _refused > 500, $"{_admitted.Count} admitted, {_refused} refused");

        void Run(int[] inputs, double seconds)
        {
            var end = Clock.GetUtcNow() + TimeSpan.FromSeconds(seconds);
            while (Clock.GetUtcNow() < end)
            {
                var step = TimeSpan.FromSeconds(2 * interval * _random.NextDouble());
                Clock.Advance(step < end - Clock.GetUtcNow() ? step : end - Clock.GetUtcNow());
                if (_arrived < Arrivals && Clock.GetUtcNow() < end)
                    Arrive(_random.NextDouble() < shareOfOther ? other : queue);
            }

            foreach (var input in inputs.Where(_admitted.ContainsKey))
            {
                var late = Clock.GetUtcNow() - _admitted[input].Deadline;
                if (late > TimeSpan.FromMilliseconds(1))
                    _broken.Add($"{input} was {late.TotalSeconds:0.000} s late");
            }

            foreach (var (input, item) in _admitted.Where(item => item.Value.Task.IsFaulted).ToArray())
            {
                _broken.Add($"{input} was turned away");
                _admitted[input] = item with { Task = Task.CompletedTask };
            }

            if (_arrived < Arrivals)
                SubmitFiller();
            else if (queue.QueueDepth + other.QueueDepth == 0)
                ended.TrySetResult();
        }

        // Something always waits, so that time passes.
        void SubmitFiller() => _ = queue.Submit(0, new WorkContext(WorkPriority.Bulk, null, CancellationToken.None));

        void Arrive(TowerQueue<int> target)
        {
            var input = ++_arrived;
            DateTimeOffset? deadline = _random.Next(4) == 0 ? null : In(1 + 2 * _random.NextDouble());
            try
            {
                var item = target.Submit(
                    input, new WorkContext(WorkPriority.Interactive, deadline, CancellationToken.None));
                if (deadline is not { } promised)
                    return;
                _admitted.Add(input, (promised, item.Task));
                _admittedToOther += target == other ? 1 : 0;
            }
            catch (ClipException exception) when (exception.Code == ClipErrorCode.Overloaded)
            {
                _refused++;
            }
        }
    }
}
