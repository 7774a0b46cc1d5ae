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

    [Theory]
    [InlineData(0, 0, 0, null, 0, "0/?")]
    [InlineData(1, 0, 0, 1200, 0, "1/1,200")]
    [InlineData(1232, 2, 0, 5000, 10, "1,234/5,000  123/s  0:31 left  2 failed")]
    [InlineData(10, 0, 3990, 5000, 10, "4,000/5,000  1.0/s  16:40 left")]
    [InlineData(10, 0, 0, 100_000, 10, "10/100,000  1.0/s  27:46:30 left")]
    [InlineData(10, 0, 0, 9, 10, "10/9  1.0/s  0:00 left")]
    public void Describe_Counts_AreWhatIsDoneTheRateTheRestAndTheErrors(
        int succeeded, int failed, int reused, int? total, int seconds, string expected)
    {
        var counts = new ItemCounts { Total = total };
        for (var i = 0; i < succeeded; i++)
            counts.AddSucceeded();
        for (var i = 0; i < failed; i++)
            counts.AddFailed();
        for (var i = 0; i < reused; i++)
            counts.AddReused();

        Assert.Equal(expected, ItemProgressColumn.Describe(counts, TimeSpan.FromSeconds(seconds)));
    }
}
