using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The threads that run the parts of a batch at the same time, one part per core. All models share them, because their
/// batches take turns on the processor. They live as long as the process.
/// </summary>
internal sealed class CoreTeam
{
    private static readonly ConcurrentDictionary<int, CoreTeam> Teams = new();

    private readonly BlockingCollection<PartedWork> _work = [];

    private CoreTeam(int cores)
    {
        // The caller works too.
        for (var i = 1; i < cores; i++)
        {
            new Thread(Work)
            {
                Name = $"core {i}",
                IsBackground = true,
            }.Start();
        }
    }

    public static CoreTeam Of(int cores) => Teams.GetOrAdd(cores, count => new CoreTeam(count));

    /// <summary>
    /// Runs all parts, one of them on this thread, which takes those of threads that are busy with another batch too.
    /// </summary>
    /// <exception cref="Exception">An exception of a part, when all have ended.</exception>
    public void Run(int parts, Action<int> run)
    {
        var work = new PartedWork(parts, run);
        for (var i = 1; i < parts; i++)
            _work.Add(work);
        work.RunParts();
        work.Wait();
    }

    private void Work()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work.RunParts();
    }

    private sealed class PartedWork(int parts, Action<int> run)
    {
        private readonly ManualResetEventSlim _allEnded = new();
        private ExceptionDispatchInfo? _failure;
        private int _next = -1;
        private int _ended;

        public void RunParts()
        {
            while (Interlocked.Increment(ref _next) is var part && part < parts)
            {
                try
                {
                    run(part);
                }
                catch (Exception exception)
                {
                    _failure = ExceptionDispatchInfo.Capture(exception);
                }

                if (Interlocked.Increment(ref _ended) == parts)
                    _allEnded.Set();
            }
        }

        public void Wait()
        {
            _allEnded.Wait();
            _failure?.Throw();
        }
    }
}
