namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Loggers that write a bounded rate of lines per event, without control characters: whatever callers send, it neither
/// fills the disk nor forges lines.
/// </summary>
internal sealed class LimitedLoggerFactory : ILoggerFactory
{
    private static readonly TimeSpan ReportPeriod = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LimitedLogger> _loggers = [];
    private readonly ILoggerFactory _inner;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public LimitedLoggerFactory(ILoggerFactory inner, TimeProvider time)
    {
        _inner = inner;
        _time = time;
        _timer = time.CreateTimer(_ => Report(), null, ReportPeriod, ReportPeriod);
    }

    public ILogger CreateLogger(string categoryName)
    {
        lock (_lock)
        {
            if (!_loggers.TryGetValue(categoryName, out var logger))
                _loggers.Add(categoryName, logger = new LimitedLogger(_inner.CreateLogger(categoryName), _time));
            return logger;
        }
    }

    public void AddProvider(ILoggerProvider provider) => _inner.AddProvider(provider);

    public void Dispose()
    {
        _timer.Dispose();
        Report();
        _inner.Dispose();
    }

    private void Report()
    {
        LimitedLogger[] loggers;
        lock (_lock)
            loggers = [.. _loggers.Values];
        foreach (var logger in loggers)
            logger.Report();
    }
}
