using ClipGrpc.FunctionalTests.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Hosting;

public sealed class LoggingTests
{
    [Fact(Timeout = 30_000)]
    public async Task Log_OfTheServersLoggers_IsLimitedAndEscaped()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var log = new LogRecorder();
        await using var server = await BareServer.StartAsync(
            cancellation, customise: builder => builder.Logging.ClearProviders().AddProvider(log));
        var logger = server.App.Services.GetRequiredService<ILogger<LoggingTests>>();
        log.Clear();

        for (var i = 0; i < 500; i++)
            logger.LogError("bad {Input}", "\u001B[2J\nforged");

        var lines = log.Records.Where(record => record.Category.EndsWith(nameof(LoggingTests))).ToArray();
        Assert.InRange(lines.Length, 50, 100);
        Assert.All(lines, line => Assert.Equal("bad \\u001B[2J\\u000Aforged", line.Text));
    }
}
