using System.Text.Json;
using System.Text.RegularExpressions;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The command on a pseudo-terminal.</summary>
public sealed partial class TerminalTests
{
    [Fact(Timeout = 120_000)]
    public async Task Embed_OnATerminal_ShowsProgressAndKeepsTheOutputClean()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 20; i++)
            folder.Write($"photos/{i:00}.png", i == 7 ? "bad" : "image");
        var output = folder.PathOf("out.jsonl");

        var run = await ClipProcess.FinishAsync(
            ClipProcess.StartTerminal(server, $"clip embed '{folder.PathOf("photos")}' --json > '{output}'"), token);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("20/20", run.Out);
        Assert.Contains("/s", run.Out);
        Assert.Contains("1 failed", run.Out);
        Assert.Contains("inputs: this is bad.", run.Out);
        Assert.Contains("clip: 1 of 20 items failed.", run.Out);
        var lines = await File.ReadAllLinesAsync(output, token);
        Assert.Equal(20, lines.Length);
        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
    }

    [Theory(Timeout = 120_000)]
    [InlineData("--no-progress", false)]
    [InlineData("--quiet", true)]
    public async Task Embed_OnATerminalWithoutProgress_ShowsErrors(string option, bool quiet)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        folder.Write("a.png", "image");
        folder.Write("b.png", "bad");
        folder.Write("notes.txt", "text");

        var run = await ClipProcess.FinishAsync(
            ClipProcess.StartTerminal(server, $"clip embed '{folder.Path}' {option} > /dev/null"), token);

        string[] expected = quiet
            ? [$"clip: {folder.PathOf("b.png")}: inputs: this is bad."]
            : [$"clip: {folder.PathOf("b.png")}: inputs: this is bad.", "clip: 1 of 2 items failed.",
                "clip: skipped 1 file that is not an image; -v names them."];
        Assert.Equal(expected, run.OutLines.Select(line => ControlSequence().Replace(line, "").TrimEnd('\r')));
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_CtrlC_EndsWith130AndWholeLines()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(texts, Enumerable.Range(0, 200).Select(i => $"text {i}"), token);
        var output = folder.PathOf("out.jsonl");
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        server.Clip.Before = context =>
        {
            if (!context.Method.EndsWith("/Embed", StringComparison.Ordinal) || Interlocked.Increment(ref calls) <= 10)
                return Task.CompletedTask;
            blocked.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };

        var process = ClipProcess.StartTerminal(server, $"clip embed --texts-file '{texts}' --json > '{output}'");
        await blocked.Task.WaitAsync(token);
        await process.StandardInput.WriteAsync("\u0003".AsMemory(), token);
        await process.StandardInput.FlushAsync(token);
        var run = await ClipProcess.FinishAsync(process, token);

        Assert.Equal(130, run.ExitCode);
        Assert.Contains("clip: interrupted.", run.Out);
        var lines = await File.ReadAllLinesAsync(output, token);
        Assert.NotEmpty(lines);
        Assert.Equal(
            Enumerable.Range(0, lines.Length).Select(i => $"text {i}"),
            lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("input").GetString()));
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_ProgressOnTheTerminalAndAPipeThatCloses_EndsQuietly()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(texts, Enumerable.Range(0, 400).Select(i => $"text {i}"), token);

        var run = await ClipProcess.FinishAsync(
            ClipProcess.StartTerminal(server, $"clip embed --texts-file '{texts}' | head -n 1"), token);

        Assert.Equal(0, run.ExitCode); // head's
        Assert.Contains("text 0  3 dimensions", run.Out);
        Assert.DoesNotContain("clip: ", run.Out);
    }

    // .NET switches a terminal's keypad when it starts.
    [GeneratedRegex(@"\e(\[[?0-9;]*[A-Za-z]|=)")]
    private static partial Regex ControlSequence();
}
