namespace ClipGrpc.Client.Internal;

/// <summary>
/// One run of an operation at a time, shared by all who need its result meanwhile. Who is cancelled leaves without
/// disturbing the others; the run is cancelled when the last of them has left.
/// </summary>
internal sealed class SharedRun<T>
{
    private readonly Lock _lock = new();
    private Run? _run;

    /// <summary>Joins the run under way, or begins one with <paramref name="start"/>.</summary>
    public async Task<T> JoinAsync(Func<CancellationToken, Task<T>> start, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (run, joined) = Enter(start);
            if (joined)
                return await ResultAsync(run, cancellationToken).ConfigureAwait(false);

            // Everybody has left that one: it is about to end, and the next may begin only then.
            await Ended(run).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (Run Run, bool Joined) Enter(Func<CancellationToken, Task<T>> start)
    {
        lock (_lock)
        {
            if (_run is null || _run.Task.IsCompleted)
                _run = new Run(start);
            if (_run.Abandon.IsCancellationRequested)
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
                // Whoever cancels may count on it that nothing touches their stream any more.
                await Ended(run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Without its result: only such a task can be awaited without what it throws.
    private static Task Ended(Run run) => run.Task;

    private bool LeaveAsLast(Run run)
    {
        lock (_lock)
        {
            if (--run.Waiting > 0 || run.Task.IsCompleted)
                return false;

            run.Abandon.Cancel();
            return true;
        }
    }

    private sealed class Run
    {
        public Run(Func<CancellationToken, Task<T>> start)
        {
            // On the pool, because a stream's read may take its time before it gives its task out.
            Task = System.Threading.Tasks.Task.Run(() => start(Abandon.Token));
        }

        public CancellationTokenSource Abandon { get; } = new();

        public Task<T> Task { get; }

        public int Waiting { get; set; }
    }
}
