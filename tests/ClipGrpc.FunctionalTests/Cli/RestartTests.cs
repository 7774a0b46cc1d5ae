using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The command through a restart of the server's process.</summary>
public sealed class RestartTests
{
    private const int Texts = 3000;

    [Theory(Timeout = 180_000)]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Embed_ServerRestarts_LosesNothingAndSaysThatItWaits(string signal)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ServerProcess.StartNewAsync();
        using var folder = new TemporaryFolder();
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(texts, Enumerable.Range(0, Texts).Select(i => $"text {i}"), token);

        // The first line out restarts the server, and the command's next write waits until its process has ended.
        Task? restarting = null;
        using var output = new FirstWriteWriter(() => restarting = server.RestartAsync(signal));
        using var error = new StringWriter();
        var console = new CliConsole(output, error, outIsTerminal: false, errorIsTerminal: false);

        var exitCode = await ClipApp.RunAsync(
            ["embed", "--texts-file", texts, "--server", server.Address], console, token);

        await restarting!.WaitAsync(ServerProcess.Patience, token);
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, Texts).Select(i => $"text {i}"), lines.Select(line => line.Split("  ")[0]));
        Assert.StartsWith(
            $"clip: waiting for the server at {server.Address}, for up to 60 s: ",
            Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(0, exitCode);
    }

    private sealed class FirstWriteWriter(Action onFirstLine) : StringWriter
    {
        private bool _isWritten;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (_isWritten)
                return;

            _isWritten = true;
            onFirstLine();
        }
    }
}
