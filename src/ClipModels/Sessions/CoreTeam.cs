using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// A thread per core. They run the parts of batches, each part on one core, in the order in which the batches came. A
/// core that finds no part left can begin the next batch while others finish the last one. All models share them,
/// because they share the processor. They live as long as the process.
/// </summary>
internal sealed class CoreTeam
{
    /// <summary>
    /// The share of a part that others may have left when a core begins the next batch. Without a limit, the cores
    /// would drift apart, until a batch took twice as long from its start to its end.
    /// </summary>
    private const double MostLeft = 1.0 / 8;

    private static readonly ConcurrentDictionary<int, CoreTeam> Teams = new();

    private readonly object _lock = new(); // an object instead of a Lock, because cores wait on it
    private readonly Queue<(DividedWork Work, int Part)> _parts = new();
    private DividedWork? _latest; // the last one to begin, until it has ended
    private long _lastEnd;

    private CoreTeam(int cores)
    {
        for (var i = 0; i < cores; i++)
        {
            new Thread(RunParts)
            {
                Name = $"core {i}",
                IsBackground = true,
            }.Start();
        }
    }

    public static CoreTeam Of(int cores) => Teams.GetOrAdd(cores, count => new CoreTeam(count));

    /// <summary>Runs parts on the cores and waits for them.</summary>
    /// <param name="run">Is called with the number of each part, on several threads.</param>
    /// <param name="coreIdle">
    /// Is called once if a core has nothing to do while the last parts are about to end; it must be short.
    /// </param>
    /// <returns>The time since it began or, if that was later, since the team had last ended any.</returns>
    /// <exception cref="Exception">An exception of a part, when all have ended.</exception>
    public TimeSpan Run(int parts, Action<int> run, Action? coreIdle = null)
    {
        var started = Stopwatch.GetTimestamp();
        var work = new DividedWork(parts, run, coreIdle);
        lock (_lock)
        {
            for (var part = 0; part < parts; part++)
                _parts.Enqueue((work, part));
            _latest = work;
            Monitor.PulseAll(_lock);
        }

        work.Wait();
        return End(work, started);
    }

    /// <summary>
    /// Waits for the parts of the batch that began last, for work that shares all cores by itself.
    /// </summary>
    public void WaitForParts()
    {
        DividedWork? latest;
        lock (_lock)
            latest = _latest;
        latest?.Wait();
    }

    private TimeSpan End(DividedWork work, long started)
    {
        TimeSpan time;
        lock (_lock)
        {
            if (_latest == work)
                _latest = null;
            var end = Stopwatch.GetTimestamp();
            time = Stopwatch.GetElapsedTime(Math.Max(started, _lastEnd), end);
            _lastEnd = end;
        }

        work.ThrowIfFailed();
        return time;
    }

    private void RunParts()
    {
        while (true)
        {
            var (work, part) = Take();
            var started = Stopwatch.GetTimestamp();
            work.Run(part);
            lock (_lock)
                work.HasRun(Stopwatch.GetTimestamp() - started);
        }
    }

    private (DividedWork Work, int Part) Take()
    {
        while (true)
        {
            Action? coreIdle;
            lock (_lock)
            {
                while (_parts.Count == 0 && _latest?.UntilNearlyEnded() is var left && left != TimeSpan.Zero)
                    Monitor.Wait(_lock, left ?? Timeout.InfiniteTimeSpan);
                if (_parts.TryDequeue(out var next))
                {
                    next.Work.Begin();
                    return next;
                }

                coreIdle = _latest!.TakeCoreIdle();
            }

            coreIdle();
        }
    }

    private sealed class DividedWork(int parts, Action<int> run, Action? coreIdle)
    {
        private readonly ManualResetEventSlim _ended = new();
        private ExceptionDispatchInfo? _failure;
        private int _left = parts;

        // Guarded by the team's lock.
        private Action? _coreIdle = coreIdle;
        private long _lastBegin;
        private long _longest;

        public void Begin() => _lastBegin = Stopwatch.GetTimestamp();

        public void HasRun(long duration) => _longest = Math.Max(_longest, duration);

        /// <summary>
        /// The time until the part that began last is expected to be nearly complete; null if there is nobody to tell,
        /// or no part has ended yet.
        /// </summary>
        public TimeSpan? UntilNearlyEnded()
        {
            if (_coreIdle is null || _longest == 0 || Volatile.Read(ref _left) == 0)
                return null;
            var ticks = (1 - MostLeft) * _longest - (Stopwatch.GetTimestamp() - _lastBegin);
            return TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, 1e3 * ticks / Stopwatch.Frequency)));
        }

        public Action TakeCoreIdle()
        {
            var taken = _coreIdle!;
            _coreIdle = null;
            return taken;
        }

        public void Run(int part)
        {
            try
            {
                run(part);
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }

            if (Interlocked.Decrement(ref _left) == 0)
                _ended.Set();
        }

        public void Wait() => _ended.Wait();

        public void ThrowIfFailed() => _failure?.Throw();
    }
}
