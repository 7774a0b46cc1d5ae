using System.Collections.Concurrent;
using ClipGrpc.Server.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Hosting;

public sealed class LimitedLoggerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Recorder _lines = new();
    private readonly LimitedLoggerFactory _factory;

    public LimitedLoggerTests() => _factory = new LimitedLoggerFactory(
        LoggerFactory.Create(logging => logging.AddProvider(_lines).SetMinimumLevel(LogLevel.Trace)), _time);

    public void Dispose() => _factory.Dispose();

    [Fact]
    public void Log_SameEventManyTimes_WritesAFewAndReportsTheRest()
    {
        var logger = _factory.CreateLogger("calls");
        for (var i = 0; i < 1000; i++)
            logger.Log(LogLevel.Warning, new EventId(7), i, null, (number, _) => $"line {number}");
        Assert.Equal(50, _lines.Texts.Count);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("950 more lines of event 7 were suppressed.", _lines.Texts.Last());
        Assert.Equal(51, _lines.Texts.Count);
        logger.Log(LogLevel.Warning, new EventId(7), 0, null, (_, _) => "again");
        Assert.Equal("again", _lines.Texts.Last());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(52, _lines.Texts.Count);
    }

    [Fact]
    public void Log_ForAnHour_WritesALinePerSecond()
    {
        var logger = _factory.CreateLogger("calls");
        for (var second = 0; second < 3600; second++)
        {
            for (var i = 0; i < 10; i++)
                logger.Log(LogLevel.Error, new EventId(7), i, null, (_, _) => "bad input");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_lines.Texts.Count(text => text == "bad input"), 3600, 3700);
    }

    [Fact]
    public void Log_OtherEventOrCategory_HasItsOwnLimit()
    {
        foreach (var category in (string[])["a", "b"])
        {
            var logger = _factory.CreateLogger(category);
            for (var i = 0; i < 200; i++)
                logger.Log(LogLevel.Information, new EventId(i % 2), i, null, (_, _) => "line");
        }

        Assert.Equal(4 * 50, _lines.Texts.Count);
    }

    [Fact]
    public void Log_BelowInformation_IsNotLimited()
    {
        for (var i = 0; i < 200; i++)
            _factory.CreateLogger("a").Log(LogLevel.Debug, new EventId(1), i, null, (_, _) => "line");
        Assert.Equal(200, _lines.Texts.Count);
    }

    [Theory]
    [InlineData("plain ü 🎉 text", "plain ü 🎉 text")]
    [InlineData("red \u001B[31m", "red \\u001B[31m")]
    [InlineData("one\r\ninfo: forged", "one\\u000D\\u000Ainfo: forged")]
    [InlineData("\u202Ereversed \u2028 next", "\\u202Ereversed \\u2028 next")]
    public void Log_ControlCharacters_AreSpeltOut(string text, string expected)
    {
        _factory.CreateLogger("a").LogWarning("{Text}", text);
        Assert.Equal(expected, Assert.Single(_lines.Texts));
    }

    [Fact]
    public void Log_ControlCharactersOfAnException_AreSpeltOutAndItsLinesStay()
    {
        var thrown = new InvalidOperationException("bad \u001B[2J input", new IOException("cause"));
        _factory.CreateLogger("a").LogError(thrown, "failed");
        _factory.CreateLogger("a").LogError(thrown.InnerException, "failed");

        var (first, second) = (_lines.Exceptions.First()!, _lines.Exceptions.Last());
        Assert.Contains("bad \\u001B[2J input", first.ToString());
        Assert.Contains('\n', first.ToString());
        Assert.Same(thrown.InnerException, second);
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        public ConcurrentQueue<Exception?> Exceptions { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Texts.Enqueue(formatter(state, exception));
            Exceptions.Enqueue(exception);
        }

        public void Dispose()
        {
        }
    }
}
