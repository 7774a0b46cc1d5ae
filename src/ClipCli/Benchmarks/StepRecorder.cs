using Grpc.Core;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>
/// Collects the calls of a step. Responses come in clumps, a batch at a time, so the throughput is taken from the last
/// response before the measured stretch to the last one in it: whole batches over the time that they took. Thread-safe.
/// </summary>
/// <param name="start">Timestamp of the time provider: the stretch begins.</param>
/// <param name="end">It ends.</param>
internal sealed class StepRecorder(BenchStep step, long start, long end, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StatusCode, long> _statuses = [];
    private readonly List<TimeSpan> _latencies = [];
    private TimeSpan _worstLag;
    private long? _lastBefore;
    private long? _last;
    private long _items;
    private double _batches;
    private long _batchedItems;
    private double _busySeconds;
    private ulong _queue;
    private ulong _preprocess;
    private ulong _inference;
    private long _timed;
    private long _cached;

    /// <param name="due">When the call was to be sent.</param>
    /// <param name="lag">How much later it was sent.</param>
    /// <param name="ended">When its response was there.</param>
    public void Record(in CallOutcome outcome, long due, TimeSpan lag, long ended)
    {
        lock (_lock)
        {
            Count(outcome.Items, ended);
            // An open loop counts the calls that were due in the stretch, a closed one those that ended in it.
            var counted = step.Rate is null ? ended : due;
            if (counted < start || counted >= end)
                return;

            _statuses[outcome.Status] = _statuses.GetValueOrDefault(outcome.Status) + 1;
            _worstLag = lag > _worstLag ? lag : _worstLag;
            if (outcome.Status != StatusCode.OK)
                return;

            _latencies.Add(time.GetElapsedTime(due, ended));
            AddTimings(outcome);
        }
    }

    public StepResult ToResult()
    {
        lock (_lock)
        {
            var stretch = time.GetElapsedTime(start, end).TotalSeconds;
            return new StepResult
            {
                Step = step,
                Statuses = new SortedDictionary<StatusCode, long>(_statuses),
                Throughput = _last is { } last && last > (_lastBefore ?? start)
                    ? _items / time.GetElapsedTime(_lastBefore ?? start, last).TotalSeconds
                    : 0,
                Latencies = [.. _latencies.Order()],
                WorstLag = _worstLag,
                DeviceBusy = _timed > 0 && stretch > 0 ? Math.Min(1, _busySeconds / stretch) : null,
                MeanBatch = _batches > 0 ? _batchedItems / _batches : null,
                Queue = Mean(_queue),
                Preprocess = Mean(_preprocess),
                Inference = Mean(_inference),
                CachedCalls = _cached,
            };
        }
    }

    private TimeSpan Mean(ulong microseconds) =>
        _timed == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(microseconds / (double)_timed);

    private void Count(int items, long ended)
    {
        if (items == 0)
            return;
        if (ended < start)
        {
            _lastBefore = Math.Max(_lastBefore ?? ended, ended);
        }
        else if (ended < end)
        {
            _last = Math.Max(_last ?? ended, ended);
            _items += items;
        }
    }

    private void AddTimings(in CallOutcome outcome)
    {
        if (outcome.Timings is not { } timings)
            return;

        _timed++;
        _queue += timings.QueueUs;
        _preprocess += timings.PreprocessUs;
        _inference += timings.InferenceUs;
        if (timings.BatchSize == 0)
        {
            _cached++;
            return;
        }

        // Of a batch, each of its items is one part, and has that part of its time.
        var batches = outcome.Items / (double)timings.BatchSize;
        _batches += batches;
        _batchedItems += outcome.Items;
        _busySeconds += batches * timings.InferenceUs / 1e6;
    }
}
