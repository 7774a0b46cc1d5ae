namespace ClipGrpc.Client.Internal;

/// <summary>
/// An operation that runs once at a time and is shared by all callers that need its result. A caller that is cancelled
/// does not affect the others; the operation is cancelled when no caller is left.
/// </summary>
internal sealed class SharedRun<T>
{
    private readonly Lock _lock = new();
    private Run? _run;

    /// <summary>Joins the current run, or starts one with <paramref name="start"/>.</summary>
    public async Task<T> JoinAsync(Func<CancellationToken, Task<T>> start, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (run, joined) = Enter(start);
            if (joined)
                return await ResultAsync(run, cancellationToken).ConfigureAwait(false);

            // Every caller of that run was cancelled. The next run starts when it has ended.
            await Ended(run).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (Run Run, bool Joined) Enter(Func<CancellationToken, Task<T>> start)
    {
        lock (_lock)
        {
            if (_run is null || _run.Task.IsCompleted)
                _run = new Run(start);
            if (_run.IsAbandoned)
                return (_run, false);

            _run.Waiting++;
            return (_run, true);
        }
    }

    private async Task<T> ResultAsync(Run run, CancellationToken cancellationToken)
    {
        try
        {
            return await run.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (LeaveAsLast(run))
            {
                await run.Abandon.CancelAsync().ConfigureAwait(false);

                // After a cancelled call has returned, nothing may touch the caller's stream any more.
                await Ended(run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // ConfigureAwaitOptions.SuppressThrowing is not supported for a Task<T>.
    private static Task Ended(Run run) => run.Task;

    private bool LeaveAsLast(Run run)
    {
        lock (_lock)
        {
            run.IsAbandoned = --run.Waiting == 0 && !run.Task.IsCompleted;
            return run.IsAbandoned;
        }
    }

    private sealed class Run
    {
        public Run(Func<CancellationToken, Task<T>> start)
        {
            // On the thread pool, because it may block before it returns its task, and the lock is held.
            Task = System.Threading.Tasks.Task.Run(() => start(Abandon.Token));
        }

        public CancellationTokenSource Abandon { get; } = new();

        public Task<T> Task { get; }

        public int Waiting { get; set; }

        public bool IsAbandoned { get; set; }
    }
}
