using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The command between other programs.</summary>
public sealed class PipeTests
{
    private const int Files = 5000;

    [Fact(Timeout = 120_000)]
    public async Task Embed_ReaderTakesOneLineAndGoes_EndsEarlyAndQuietly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A closed pipe is not reported there.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        for (var i = 0; i < Files; i++)
            folder.Write($"{i:0000}.png", "image");

        // No call beyond these ends before the reader has gone.
        const int callsBefore = 8;
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        server.Clip.Before = context => IsEmbed(context.Method) && Interlocked.Increment(ref calls) > callsBefore
            ? gone.Task
            : Task.CompletedTask;

        using var process = ClipProcess.Start(server.Address, "embed", folder.Path);
        var error = process.StandardError.ReadToEndAsync(token);
        Assert.StartsWith(folder.PathOf("0000.png"), await process.StandardOutput.ReadLineAsync(token));
        process.StandardOutput.Close();
        gone.SetResult();
        await process.WaitForExitAsync(token);

        Assert.Equal((141, ""), (process.ExitCode, await error));
        Assert.InRange(calls, 1, callsBefore + 8); // of 1250; four are under way at once
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_PipedIntoHead_EndsWithThePipe()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It is a script for a shell.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(texts, Enumerable.Range(0, Files).Select(i => $"text {i}"), token);

        var run = await ClipProcess.FinishAsync(
            ClipProcess.StartShell(
                server, $"{{ clip embed --texts-file '{texts}' --json; echo $? >&2; }} | head -n 1"),
            token);

        Assert.Equal("text 0", JsonDocument.Parse(run.Out).RootElement.GetProperty("input").GetString());
        Assert.Contains(run.Error, new[] { "141\n", "0\n" }); // 0 if the command was done before head went
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_EachResult_IsThereWhileLaterOnesAreNot()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        server.Clip.Before = context => IsEmbed(context.Method) && Interlocked.Increment(ref calls) > 4
            ? taken.Task
            : Task.CompletedTask;
        using var folder = new TemporaryFolder();
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(texts, Enumerable.Range(0, 40).Select(i => $"text {i}"), token);

        using var process = ClipProcess.Start(server.Address, "embed", "--texts-file", texts);
        var lines = new List<string?> { await process.StandardOutput.ReadLineAsync(token) };
        taken.SetResult();
        while (await process.StandardOutput.ReadLineAsync(token) is { } line)
            lines.Add(line);
        await process.WaitForExitAsync(token);

        Assert.Equal((0, 40), (process.ExitCode, lines.Count));
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_DiskIsFull_IsOneLine()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await ClipProcess.FinishAsync(
            ClipProcess.StartShell(server, "clip embed --text a > /dev/full"), token);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("clip: standard output cannot be written: ", Assert.Single(run.ErrorLines));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Embed_Signal_KeepsWhatIsDone(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var table = folder.PathOf("out.parquet");
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(texts, Enumerable.Range(0, 200).Select(i => $"text {i}"), token);

        // The eleventh call does not end by itself: what came before it is done by then, or on its way.
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        server.Clip.Before = context =>
        {
            if (!IsEmbed(context.Method) || Interlocked.Increment(ref calls) <= 10)
                return Task.CompletedTask;
            blocked.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var process = ClipProcess.Start(server.Address, "embed", "--texts-file", texts, "--parquet", table);
        await blocked.Task.WaitAsync(token);
        await KillAsync(process, signal, token);
        var run = await ClipProcess.FinishAsync(process, token);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(
            [
                $"clip: completed items are in {table}.partial; continue with the same command and --resume.",
                "clip: interrupted.",
            ],
            run.ErrorLines);
        Assert.False(File.Exists(table));

        var before = SentTexts(server);
        server.Clip.Before = _ => Task.CompletedTask;
        server.Clip.EmbedRequests.Clear();
        var second = await CliRun.AtAsync(server, "embed", "--texts-file", texts, "--parquet", table, "--resume")
            .WaitAsync(token);

        Assert.Equal(0, second.ExitCode);
        var after = SentTexts(server);
        Assert.InRange(after.Count, 100, 196); // at least the first call was done
        Assert.Equal(200, before.Concat(after).Distinct().Count());
        Assert.Contains($"clip: {200 - after.Count} of 200 items are unchanged and were reused.", second.ErrorLines);
        Assert.Equal([table, texts], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Embed_SecondInterrupt_EndsACommandThatIsStuck()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var texts = folder.PathOf("texts.txt");
        await File.WriteAllLinesAsync(
            texts, Enumerable.Range(0, Files).Select(i => $"{i} {new string('x', 100)}"), token);

        // Nobody reads the output: the pipe fills, and then the command waits for ever.
        using var process = ClipProcess.Start(server.Address, "embed", "--texts-file", texts, "--json");
        await process.StandardOutput.ReadLineAsync(token);
        while (!process.HasExited)
            await KillAsync(process, "INT", token);

        Assert.Equal(130, process.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_Dash_IsAnImageOnStandardInput()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "payload"u8.ToArray(), "embed", "-").WaitAsync(token);

        Assert.Equal("-  3 dimensions  [7.0000, 112.0000, 0.5000]", Assert.Single(run.OutLines));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\0", "--null")]
    [InlineData("\0", "-0")]
    public async Task Embed_FilesFromStandardInput_AreTakenInOrder(string separator, params string[] options)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var names = new[] { "b *.png", "ä.png", "below/c.png" };
        foreach (var name in names)
            folder.Write(name, "image");
        string[] listed = [folder.PathOf(names[0]), folder.PathOf(names[1]), folder.PathOf("below"), "no.png"];

        var run = await CliRun.AtAsync(
            server,
            Encoding.UTF8.GetBytes(string.Join(separator, listed)),
            ["embed", "--files-from", "-", "--json", .. options]).WaitAsync(token);

        Assert.Equal(
            [.. names.Select(folder.PathOf), "no.png"],
            run.OutLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("input").GetString()));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("clip: no.png: File or folder not found.", run.ErrorLines[0]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_TextsFromStandardInput_AreEmbedded()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "one\ntwo\n"u8.ToArray(), "embed", "--texts-file", "-").WaitAsync(token);

        Assert.Equal(["one", "two"], run.OutLines.Select(line => line.Split("  ")[0]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_Timings_AreMilliseconds()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "embed", "--text", "a", "--json", "--timings").WaitAsync(token);

        var timings = JsonDocument.Parse(run.Out).RootElement.GetProperty("timings");
        Assert.Equal(
            ["queue_ms", "preprocess_ms", "inference_ms", "total_ms", "batch_size"],
            timings.EnumerateObject().Select(property => property.Name));
        Assert.Equal(1, timings.GetProperty("batch_size").GetInt32());
    }

    private static bool IsEmbed(string method) => method.EndsWith("/Embed", StringComparison.Ordinal);

    private static List<string> SentTexts(ScriptedServer server) =>
        [.. server.Clip.EmbedRequests.SelectMany(request => request.Inputs).Select(input => input.Text)];

    private static async Task KillAsync(Process process, string signal, CancellationToken token)
    {
        using var kill = Process.Start(
            new ProcessStartInfo("kill", ["-s", signal, $"{process.Id}"]) { RedirectStandardError = true })!;
        await kill.WaitForExitAsync(token);
    }
}
