using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>
/// Keeps what the server logs at the levels that its configuration lets pass, but not Kestrel's remark that its own
/// timer was late: that is about the machine, at any moment, and not about a call.
/// </summary>
internal sealed class LogRecorder : ILoggerProvider
{
    private readonly ConcurrentQueue<LogRecord> _records = new();

    public IReadOnlyList<LogRecord> Records => [.. _records];

    public void Clear() => _records.Clear();

    public ILogger CreateLogger(string categoryName) => new Recording(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recording(LogRecorder recorder, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name != "HeartbeatSlow")
                recorder._records.Enqueue(new LogRecord(logLevel, category, formatter(state, exception), exception));
        }
    }
}
