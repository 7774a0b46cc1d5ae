using System.Collections.Concurrent;

namespace ClipGrpc.Server.Hosting;

/// <summary>Limits the lines of each event at level Information and above, and reports how many it left out.</summary>
internal sealed class LimitedLogger(ILogger inner, TimeProvider time) : ILogger
{
    private readonly ConcurrentDictionary<EventId, LineLimit> _limits = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel))
            return;
        if (logLevel >= LogLevel.Information
            && !_limits.GetOrAdd(eventId, static _ => new LineLimit()).TryTake(logLevel, time.GetTimestamp(), time))
        {
            return;
        }

        inner.Log(
            logLevel, eventId, state, EscapedException.Of(exception),
            (written, thrown) => LogText.Escape(formatter(written, thrown)));
    }

    /// <summary>Writes how many lines were left out since the last time.</summary>
    public void Report()
    {
        foreach (var (eventId, limit) in _limits)
        {
            if (limit.TakeSuppressed(out var level) is > 0 and var count)
                inner.LinesSuppressed(level, count, eventId.Id);
        }
    }
}
