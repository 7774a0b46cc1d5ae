using ClipGrpc.Cli;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ItemRunTests
{
    [Theory(Timeout = 30_000)]
    [InlineData(true, false, false, true)]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, true, false)]
    [InlineData(false, false, false, false)]
    public async Task RunAsync_Terminal_ShowsABarOnStderrOnly(
        bool errorIsTerminal, bool outIsTerminal, bool wholeLines, bool bar)
    {
        var token = TestContext.Current.CancellationToken;
        var (output, error) = (new StringWriter(), new StringWriter());
        var console = new CliConsole(output, error, outIsTerminal, errorIsTerminal);
        var run = new ItemRun<string>(console, [CliInput.Text("a"), CliInput.Text("b")], wholeLines);

        var exitCode = await run.RunAsync(
            inputs => inputs.Select(input => input.Name == "b"
                ? new ClipResult<string>(new ClipError(Grpc.Core.StatusCode.Internal, "broken"))
                : new ClipResult<string>(input.Name)),
            (writer, input, result) => writer.Write($"{input.Name}\n")).WaitAsync(token);

        Assert.Equal(1, exitCode);
        Assert.Equal("a\nb\n", output.ToString());
        Assert.Contains("clip: b: broken", error.ToString());
        Assert.Equal(bar, error.ToString().Contains('%'));
    }
}
