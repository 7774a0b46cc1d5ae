using Microsoft.Extensions.Logging;

namespace ClipGrpc.Cli.Output;

/// <summary>Shows what the server would log as lines without level, time and category.</summary>
internal sealed class LineLogger(Action<string> writeLine) : ILogger
{
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        writeLine(formatter(state, exception));

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;
}
