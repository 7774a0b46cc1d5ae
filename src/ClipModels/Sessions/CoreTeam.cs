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
    /// Is called once if a core has nothing to do before all parts have ended; it must be short.
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
            work.Run(part);
        }
    }

    private (DividedWork Work, int Part) Take()
    {
        while (true)
        {
            Action? coreIdle;
            lock (_lock)
            {
                while (_parts.Count == 0 && _latest?.CanAnnounceIdleCore != true)
                    Monitor.Wait(_lock);
                if (_parts.TryDequeue(out var next))
                    return next;
                coreIdle = _latest!.TakeCoreIdle();
            }

            coreIdle();
        }
    }

    private sealed class DividedWork(int parts, Action<int> run, Action? coreIdle)
    {
        private readonly ManualResetEventSlim _ended = new();
        private ExceptionDispatchInfo? _failure;
        private Action? _coreIdle = coreIdle;
        private int _left = parts;

        /// <summary>Guarded by the team's lock, as <see cref="TakeCoreIdle"/>.</summary>
        public bool CanAnnounceIdleCore => _coreIdle is not null && Volatile.Read(ref _left) > 0;

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
