using System.Collections.Concurrent;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Schedules the queues of a device: its threads run one batch after the other, each from the queue with the least
/// device time of those with work. A queue that was idle starts at the current time, without a credit (start-time fair
/// queueing). Queues can be added and removed while others run.
/// <para>
/// A worker is what runs one batch at a time, to which admission counts its durations. On a processor it has two
/// threads: when a batch that is ending leaves a core idle, the other thread begins the next batch.
/// </para>
/// </summary>
internal sealed class DeviceScheduler : IAsyncDisposable
{
    /// <summary>A batch can take this many times as long as expected, on a machine with other load.</summary>
    private const double MostTimesExpected = 20;

    /// <summary>A warm-up can take this many times as long as a batch, because no duration is expected.</summary>
    private const double MostTimesAtWarmUp = 10;

    private const double ChecksPerStuckAfter = 10;

    private readonly object _lock = new(); // an object instead of a Lock, because workers wait on it
    private readonly string _device;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly Task[] _threads;
    private readonly BlockingCollection<int> _freeWorkers = [];
    private readonly long[] _lastEnds; // per worker
    private readonly ITimer _holdTimer;
    private readonly ITimer _watchdog;
    private readonly Turn?[] _running; // per thread
    private readonly Lazy<Task> _stopping;
    private readonly List<TowerQueue> _ready = [];
    private volatile TowerQueue[] _queues = []; // replaced, never changed: read without the lock
    private double _virtualTime;
    private long _turn;
    private int _idle;
    private bool _refusesQueues;
    private bool _stopped;

    /// <param name="device">Human-readable, such as <c>cpu</c> or <c>cuda:0</c>.</param>
    /// <param name="overlapsBatches">Whether its encoders may leave cores idle before a batch has ended.</param>
    public DeviceScheduler(
        string device,
        BatchingOptions options,
        IBatchObserver observer,
        TimeProvider time,
        ILogger<DeviceScheduler> logger,
        bool overlapsBatches = false)
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
        _lastEnds = new long[options.Workers];
        MostBatches = options.Workers * (overlapsBatches ? 2 : 1);
        _running = new Turn?[MostBatches];
        for (var worker = 0; worker < options.Workers; worker++)
            _freeWorkers.Add(worker);
        var period = options.StuckAfter / ChecksPerStuckAfter;
        _watchdog = time.CreateTimer(
            static scheduler => ((DeviceScheduler)scheduler!).FindStuck(), this, period, period);
        _threads = [.. Enumerable.Range(0, MostBatches).Select(StartThread)];
    }

    public BatchingOptions Options { get; }

    public IBatchObserver Observer { get; }

    /// <summary>When the workers will be free.</summary>
    public DeviceLoad Load { get; }

    /// <summary>The most batches at once, including those that are ending.</summary>
    public int MostBatches { get; }

    /// <summary>Creates the queue's encoders on this thread and starts to serve the queue.</summary>
    /// <exception cref="ClipException"><see cref="ClipErrorCode.Unavailable"/>: the scheduler is stopping.</exception>
    /// <exception cref="Exception">An exception of the encoders' factory.</exception>
    public TowerQueue<TInput> AddQueue<TInput>(TowerQueueDefinition<TInput> definition)
    {
        var queue = new TowerQueue<TInput>(definition, this, _clock, _logger);
        lock (_lock)
        {
            if (!_refusesQueues)
            {
                Observer.QueueOpened(queue.Name);
                _queues = [.. _queues, queue];
                return queue;
            }
        }

        queue.Discard();
        throw Stopping();
    }

    public static ClipException Stopping() =>
        new(ClipErrorReason.ServerStopping, "The server is shutting down and does not load models.");

    /// <summary>Drains all queues concurrently, then ends the threads, within the shutdown timeout.</summary>
    public ValueTask DisposeAsync() => new(_stopping.Value);

    /// <summary>Wakes the workers, because there may be work.</summary>
    public void Wake()
    {
        // A worker counts itself as idle before it looks for work, and a caller adds its work before it looks for idle
        // workers. With the fence, one of them sees the other, and callers need no lock while the device is busy.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _idle) == 0)
            return;
        lock (_lock)
            Monitor.Pulse(_lock);
    }

    public void Remove(TowerQueue queue)
    {
        lock (_lock)
            _queues = [.. _queues.Where(other => other != queue)];
    }

    /// <summary>Adds the work of each other queue; their turns are in between.</summary>
    public void AddOthers(TowerQueue queue, List<OtherWork> others)
    {
        foreach (var other in _queues)
        {
            if (other == queue)
                continue;

            // A queue that is being changed may have any deadline.
            others.Add(other.TryDescribe() ?? new OtherWork(other.BacklogSeconds, Slack: 0, Demand: 0));
        }
    }

    /// <summary>Lets the worker begin another batch, because this one leaves a core idle until it has ended.</summary>
    public void BeginEnding(Turn turn)
    {
        lock (_lock)
        {
            if (_stopped || turn.IsEnding)
                return;
            turn.IsEnding = true;
            Load.BeginEnding(turn.Worker);
            _freeWorkers.Add(turn.Worker);
        }
    }

    /// <summary>
    /// Since when a batch has had its worker to itself: the previous batch of the worker can have ended after its
    /// start.
    /// </summary>
    public long AloneSince(Turn turn, long started) => Math.Max(started, Volatile.Read(ref _lastEnds[turn.Worker]));

    private Task StartThread(int thread)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            Work(thread);
            ended.SetResult();
        })
        {
            Name = $"{_device} worker {thread}",
            IsBackground = true, // a batch that hangs in native code must not keep the process
        }.Start();
        return ended.Task;
    }

    private void Work(int thread)
    {
        while (_freeWorkers.TryTake(out var worker, Timeout.Infinite))
        {
            Turn? turn;
            do
            {
                turn = WaitForQueue(thread, worker);
                turn?.Queue.RunBatch(turn);
            }
            while (turn is not null && End(thread, turn));
        }
    }

    /// <returns>Whether this thread still has the worker.</returns>
    private bool End(int thread, Turn turn)
    {
        lock (_lock)
        {
            var now = _clock.Now;
            var seconds = _clock.SecondsBetween(AloneSince(turn, turn.Started), now);
            Volatile.Write(ref _lastEnds[turn.Worker], now);
            if (turn.IsEnding)
                Load.Ended(turn.Worker);
            _running[thread] = null;
            turn.Queue.VirtualTime += seconds - turn.Charged;
            turn.Queue.InFlight--;
            var hasWorker = !turn.IsEnding;
            turn.IsEnding = true; // a core can still say that it is idle
            return hasWorker;
        }
    }

    private Turn? WaitForQueue(int thread, int worker)
    {
        lock (_lock)
        {
            Load.Finish(worker);
            Interlocked.Increment(ref _idle);
            TowerQueue? queue;
            while ((queue = ChooseQueue()) is null && !_stopped)
                Monitor.Wait(_lock);
            Interlocked.Decrement(ref _idle);
            if (queue is null)
                return null;

            // Charged with the expected time now, so that a second worker sees it, and corrected afterwards.
            var expected = queue.NextBatchSeconds;
            _virtualTime = queue.VirtualTime;
            queue.VirtualTime += expected;
            queue.LastTurn = ++_turn;
            queue.InFlight++;
            Load.Start(worker, expected);
            return _running[thread] = new Turn(queue, worker, _clock.Now, expected, queue.IsWarmingUp);
        }
    }

    private TowerQueue? ChooseQueue()
    {
        while (true)
        {
            var now = _clock.Now;
            TowerQueue? best = null;
            var nextAt = MonotonicClock.Never;
            _ready.Clear();
            foreach (var queue in _queues)
            {
                var readyAt = queue.ReadyAt(now);
                nextAt = Math.Min(nextAt, readyAt);
                if (readyAt > now)
                    continue;
                _ready.Add(queue);
                queue.VirtualTime = Math.Max(queue.VirtualTime, _virtualTime);
                var turn = (queue.VirtualTime, queue.LastTurn);
                if (best is null || turn.CompareTo((best.VirtualTime, best.LastTurn)) < 0)
                    best = queue;
            }

            if (best is not null)
                return _ready.Count == 1 ? best : FindUrgent(best);
            if (nextAt == MonotonicClock.Never)
                return null;

            _holdTimer.Change(_clock.Between(now, nextAt), Timeout.InfiniteTimeSpan);
            if (_clock.Now < nextAt)
                return null;
        }
    }

    /// <summary>
    /// The queue whose turn it is. If that would make an admitted item of another queue late, the one that can wait
    /// least, which is charged as for any turn.
    /// </summary>
    private TowerQueue FindUrgent(TowerQueue best)
    {
        var urgent = best;
        var least = best.Slack;
        var seconds = best.NextBatchSeconds;
        foreach (var queue in _ready)
        {
            if (queue == best || queue.Slack is var slack && (slack >= seconds || slack >= least))
                continue;
            (urgent, least) = (queue, slack);
        }

        return urgent;
    }

    /// <summary>Fails the queues of stuck batches, and all others if no worker is left.</summary>
    private void FindStuck()
    {
        List<TowerQueue> failed = [];
        lock (_lock)
        {
            foreach (var turn in _running.OfType<Turn>().Where(turn => !turn.IsStuck && IsStuck(turn)))
            {
                turn.IsStuck = true;
                failed.Add(turn.Queue);
                Observer.BatchStuck(turn.Queue.Name);
                _logger.BatchStuck(turn.Queue.Name, _clock.SecondsBetween(turn.Started, _clock.Now));
            }

            var stuckWorkers = _running.Count(turn => turn is { IsStuck: true, IsEnding: false });
            if (failed.Count > 0 && stuckWorkers == Options.Workers)
                failed.AddRange(_queues);
        }

        foreach (var queue in failed)
            queue.GiveUp();
    }

    private bool IsStuck(Turn turn)
    {
        var limit = Math.Max(Options.StuckAfter.TotalSeconds, MostTimesExpected * turn.Charged);
        return _clock.SecondsBetween(turn.Started, _clock.Now) >= limit * (turn.IsWarmUp ? MostTimesAtWarmUp : 1);
    }

    private async Task StopAsync()
    {
        var started = _clock.Now;
        lock (_lock)
            _refusesQueues = true;
        await Task.WhenAll(_queues.Select(queue => queue.DisposeAsync().AsTask()));
        lock (_lock)
        {
            _stopped = true;
            _freeWorkers.CompleteAdding();
            Monitor.PulseAll(_lock);
        }

        var left = Options.ShutdownTimeout - _clock.Between(started, _clock.Now);
        try
        {
            await Task.WhenAll(_threads)
                .WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock.TimeProvider);
        }
        catch (TimeoutException)
        {
            _logger.WorkerStuck(_device);
        }

        await _holdTimer.DisposeAsync();
        await _watchdog.DisposeAsync();
    }
}
