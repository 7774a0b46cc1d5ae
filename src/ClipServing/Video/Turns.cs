namespace ClipGrpc.Serving.Video;

/// <summary>
/// Brings steps of work that runs side by side into the order in which the work came. Whoever enters must leave, also
/// without having waited; then no turn waits forever.
/// </summary>
internal sealed class Turns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TaskCompletionSource> _waiting = [];
    private readonly HashSet<long> _leftEarly = [];
    private long _entered;
    private long _next;

    /// <returns>The turn, for the other calls.</returns>
    public long Enter()
    {
        lock (_lock)
            return _entered++;
    }

    /// <summary>Ends when all that entered before have left.</summary>
    public Task WhenTurn(long turn)
    {
        lock (_lock)
        {
            if (turn <= _next)
                return Task.CompletedTask;

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(turn, waiting);
            return waiting.Task;
        }
    }

    /// <summary>May be called again.</summary>
    public void Leave(long turn)
    {
        TaskCompletionSource? next;
        lock (_lock)
        {
            if (turn < _next || !_leftEarly.Add(turn) || turn != _next)
                return;

            while (_leftEarly.Remove(_next))
                _next++;
            _waiting.Remove(_next, out next);
        }

        next?.SetResult();
    }
}
