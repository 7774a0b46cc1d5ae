namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Owns a device: its threads run one batch after the other, each of the lane that has had the least device time of
/// those with work. A lane that was idle starts at the present, not with a credit (start-time fair queueing). Lanes may
/// come and go while others are served.
/// </summary>
internal sealed class DeviceScheduler : IAsyncDisposable
{
    private readonly object _gate = new(); // an object and not a Lock, because workers wait on it
    private readonly string _device;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly Task[] _workers;
    private readonly ITimer _holdTimer;
    private readonly Lazy<Task> _stopping;
    private volatile BatchLane[] _lanes = []; // replaced, never changed: read without the lock
    private double _virtualTime;
    private long _turn;
    private int _idle;
    private bool _refusesLanes;
    private bool _stopped;

    /// <param name="device">Human-readable, such as <c>cpu</c> or <c>cuda:0</c>.</param>
    public DeviceScheduler(
        string device,
        BatchingOptions options,
        IBatchObserver observer,
        TimeProvider time,
        ILogger<DeviceScheduler> logger)
    {
        _device = device;
        Options = options;
        Observer = observer;
        _clock = new MonotonicClock(time);
        _logger = logger;
        _stopping = new Lazy<Task>(StopAsync);
        _holdTimer = time.CreateTimer(
            static scheduler => ((DeviceScheduler)scheduler!).Wake(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        Load = new DeviceLoad(options.Workers, _clock);
        _workers = [.. Enumerable.Range(0, options.Workers).Select(StartWorker)];
    }

    public BatchingOptions Options { get; }

    public IBatchObserver Observer { get; }

    /// <summary>When the workers are free.</summary>
    public DeviceLoad Load { get; }

    public IReadOnlyList<BatchLane> Lanes => _lanes;

    /// <summary>Makes the lane's encoders on this thread and serves the lane from then on.</summary>
    /// <exception cref="ClipException"><see cref="ClipErrorCode.Unavailable"/>: the scheduler stops.</exception>
    /// <exception cref="Exception">What the encoders' factory throws.</exception>
    public BatchLane<TInput> AddLane<TInput>(LaneDefinition<TInput> definition)
    {
        var lane = new BatchLane<TInput>(definition, this, _clock, _logger);
        lock (_gate)
        {
            if (!_refusesLanes)
            {
                Observer.LaneOpened(lane.Name);
                _lanes = [.. _lanes, lane];
                return lane;
            }
        }

        lane.Discard();
        throw new ClipException(ClipErrorCode.Unavailable, "The server is stopping and loads no model any more.");
    }

    /// <summary>Drains all lanes at once, then ends the threads, within the shutdown timeout.</summary>
    public ValueTask DisposeAsync() => new(_stopping.Value);

    /// <summary>Tells the workers that there may be work.</summary>
    public void Wake()
    {
        // A worker counts itself idle before it looks for work, a caller writes its work before it looks for idle
        // workers; with the fence one of them sees the other, and a busy device costs callers no lock.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _idle) == 0)
            return;
        lock (_gate)
            Monitor.Pulse(_gate);
    }

    public void Remove(BatchLane lane)
    {
        lock (_gate)
            _lanes = [.. _lanes.Where(other => other != lane)];
    }

    /// <summary>Adds the device seconds of what waits in each other lane, which take their turns in between.</summary>
    public void AddOthers(BatchLane lane, List<double> seconds)
    {
        foreach (var other in _lanes)
        {
            if (other != lane)
                seconds.Add(other.BacklogSeconds);
        }
    }

    private Task StartWorker(int worker)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            Work(worker);
            ended.SetResult();
        })
        {
            Name = $"{_device} worker {worker}",
            IsBackground = true, // a batch that hangs in native code must not keep the process
        };
        thread.Start();
        return ended.Task;
    }

    private void Work(int worker)
    {
        while (WaitForLane(worker) is { } turn)
        {
            var started = _clock.Now;
            turn.Lane.RunBatch(worker);
            var seconds = _clock.SecondsBetween(started, _clock.Now);
            lock (_gate)
            {
                turn.Lane.VirtualTime += seconds - turn.Charged;
                turn.Lane.InFlight--;
            }
        }
    }

    private (BatchLane Lane, double Charged)? WaitForLane(int worker)
    {
        lock (_gate)
        {
            Load.Finish(worker);
            Interlocked.Increment(ref _idle);
            BatchLane? lane;
            while ((lane = ChooseLane()) is null && !_stopped)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _idle);
            if (lane is null)
                return null;

            // Charged with the expected time now and corrected afterwards, so that a second worker sees it.
            var expected = lane.NextBatchSeconds;
            _virtualTime = lane.VirtualTime;
            lane.VirtualTime += expected;
            lane.LastTurn = ++_turn;
            lane.InFlight++;
            Load.Start(worker, expected);
            return (lane, expected);
        }
    }

    private BatchLane? ChooseLane()
    {
        while (true)
        {
            var now = _clock.Now;
            BatchLane? best = null;
            var nextAt = MonotonicClock.Never;
            foreach (var lane in _lanes)
            {
                var readyAt = lane.ReadyAt(now);
                nextAt = Math.Min(nextAt, readyAt);
                if (readyAt > now)
                    continue;
                lane.VirtualTime = Math.Max(lane.VirtualTime, _virtualTime);
                if (best is null || (lane.VirtualTime, lane.LastTurn).CompareTo((best.VirtualTime, best.LastTurn)) < 0)
                    best = lane;
            }

            if (best is not null || nextAt == MonotonicClock.Never)
                return best;

            _holdTimer.Change(_clock.Between(now, nextAt), Timeout.InfiniteTimeSpan);
            if (_clock.Now < nextAt)
                return null;
        }
    }

    private async Task StopAsync()
    {
        var started = _clock.Now;
        lock (_gate)
            _refusesLanes = true;
        await Task.WhenAll(_lanes.Select(lane => lane.DisposeAsync().AsTask()));
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        var left = Options.ShutdownTimeout - _clock.Between(started, _clock.Now);
        try
        {
            await Task.WhenAll(_workers)
                .WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock.TimeProvider);
        }
        catch (TimeoutException)
        {
            _logger.WorkerStuck(_device);
        }

        await _holdTimer.DisposeAsync();
    }
}
