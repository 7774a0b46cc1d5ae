using System.Diagnostics;
using System.Text.Json;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>
/// <c>clip pull</c>, <c>clip verify</c> and <c>clip models --cached</c> as processes, for what they take from the
/// environment.
/// </summary>
public sealed class HubCommandsTests
{
    [Fact(Timeout = 180_000)]
    public async Task Commands_OnOneCache_FetchListAndVerify()
    {
        await using var hub = await HubFixture.StartAsync();

        var none = await RunAsync(hub, "verify");
        var pull = await RunAsync(hub, "pull", HubFixture.Id);
        var list = await RunAsync(hub, "models", "--cached", "--json");
        var table = await RunAsync(hub, "models", "--cached");
        var sound = await RunAsync(hub, "verify");
        File.WriteAllText(Path.Combine(hub.Folder, "blobs", hub.Model.Files["vocab.json"].ETag), "[]");
        var wrong = await RunAsync(hub, "verify", HubFixture.Id);

        Assert.Equal((0, ""), (none.ExitCode, none.Out));
        Assert.StartsWith("There are no models in ", Assert.Single(none.ErrorLines));
        Assert.Equal((0, hub.Snapshot), (pull.ExitCode, Assert.Single(pull.OutLines)));
        Assert.Contains($"{HubFixture.Weights}: downloading 300.0 kB.", pull.ErrorLines);
        Assert.Contains($"{HubFixture.Weights}: downloaded and verified.", pull.ErrorLines);
        var model = JsonDocument.Parse(Assert.Single(list.OutLines)).RootElement;
        Assert.Equal(HubFixture.Id, model.GetProperty("id").GetString());
        Assert.Equal(HubFixture.Weights, model.GetProperty("weights").GetString());
        Assert.Contains("300.0 kB", table.Out);
        Assert.Equal(0, sound.ExitCode);
        Assert.Contains($"  ok     {HubFixture.Weights} (300.0 kB)", sound.OutLines);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains(
            wrong.OutLines,
            line => line.StartsWith("  WRONG  vocab.json: its content (2 bytes) does not match its hash"));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("pull", HubFixture.Id)]
    [InlineData("verify", "--repair")]
    public async Task PullOrRepair_DamagedFilesInTheCache_FetchesThemAgain(string command, string argument)
    {
        await using var hub = await HubFixture.StartAsync();
        await RunAsync(hub, "pull", HubFixture.Id);
        var weights = Path.Combine(hub.Snapshot, HubFixture.Weights);
        using (var blob = File.Open(weights, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            blob.WriteByte((byte)(blob.ReadByte() ^ 1));
        File.WriteAllText(Path.Combine(hub.Folder, "blobs", hub.Model.Files["vocab.json"].ETag), "");

        var repaired = await RunAsync(hub, command, argument);
        var verified = await RunAsync(hub, "verify");

        Assert.Equal((0, 0), (repaired.ExitCode, verified.ExitCode));
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(weights));
        Assert.Contains(
            repaired.ErrorLines,
            line => line.StartsWith("vocab.json in the cache is damaged (its content (0 bytes)"));
    }

    [Fact(Timeout = 180_000)]
    public async Task Commands_ReadyMadeTowers_FetchThePrecisionListAndVerify()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Add("org/towers").Small("config.json", "{}").Large("onnx/vision_model.onnx", [1])
            .Large("onnx/text_model.onnx", [2]).Large("onnx/vision_model_int8.onnx", [3])
            .Large("onnx/text_model_int8.onnx", [4]);

        var pull = await RunAsync(hub, "pull", "org/towers", "--precision", "int8");
        var list = await RunAsync(hub, "models", "--cached", "--json");
        var verify = await RunAsync(hub, "verify", "org/towers");

        Assert.Equal(0, pull.ExitCode);
        Assert.Equal(
            "onnx/vision_model_int8.onnx",
            JsonDocument.Parse(Assert.Single(list.OutLines)).RootElement.GetProperty("weights").GetString());
        Assert.Equal(0, verify.ExitCode);
        Assert.Contains("  ok     onnx/text_model_int8.onnx (1 bytes)", verify.OutLines);
        Assert.DoesNotContain(verify.OutLines, line => line.Contains("vision_model.onnx", StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task Pull_TwoProcessesAtOnce_FetchTheWeightsOnceBetweenThem()
    {
        await using var hub = await HubFixture.StartAsync();
        var both = new TaskCompletionSource();
        hub.Hub.Cut(HubFixture.IsWeights, HubFixture.Content, 150_000, both.Task);
        using var first = Start(hub, "pull", HubFixture.Id);
        await LineAsync(first, $"{HubFixture.Weights}: downloading 300.0 kB.");
        using var second = Start(hub, "pull", HubFixture.Id);
        await LineAsync(second, $"{HubFixture.Weights}: waiting for another process that is downloading it.");

        both.SetResult();

        Assert.Equal((0, hub.Snapshot), await EndAsync(first));
        Assert.Equal((0, hub.Snapshot), await EndAsync(second));
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(hub.Snapshot, HubFixture.Weights)));
        Assert.Equal(
            [null, "bytes=150000-"], hub.Hub.Requests.Where(HubFixture.IsWeights).Select(request => request.Range));
    }

    [Fact(Timeout = 180_000)]
    public async Task Pull_KilledHalfWay_LeavesItsLockFreeAndItsPartToTheNext()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Hub.Cut(HubFixture.IsWeights, HubFixture.Content, 150_000, new TaskCompletionSource().Task);
        using var first = Start(hub, "pull", HubFixture.Id);
        await LineAsync(first, $"{HubFixture.Weights}: 50 % downloaded.");
        first.Kill();
        await first.WaitForExitAsync(TestContext.Current.CancellationToken);

        var second = await RunAsync(hub, "pull", HubFixture.Id);

        Assert.Equal((0, hub.Snapshot), (second.ExitCode, Assert.Single(second.OutLines)));
        Assert.Contains($"{HubFixture.Weights}: downloading 300.0 kB, resuming at 150.0 kB.", second.ErrorLines);
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(hub.Snapshot, HubFixture.Weights)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Pull_UnknownModel_SaysWhatToDoInOneLine()
    {
        await using var hub = await HubFixture.StartAsync();

        var run = await RunAsync(hub, "pull", "org/none");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            "clip: The Hugging Face Hub does not list org/none: it does not exist", Assert.Single(run.ErrorLines));
        Assert.Equal("", run.Out);
    }

    [Fact(Timeout = 180_000)]
    public async Task Remove_WithoutATerminal_NeedsYesAndSaysWhatWasFreed()
    {
        await using var hub = await HubFixture.StartAsync();
        await RunAsync(hub, "pull", HubFixture.Id);

        var unasked = await RunAsync(hub, "rm", HubFixture.Id);
        var kept = Directory.Exists(hub.Snapshot);
        var removed = await RunAsync(hub, "rm", HubFixture.Id, "--yes");
        var again = await RunAsync(hub, "rm", HubFixture.Id, "--yes");
        var wrong = await RunAsync(hub, "rm", "demo", "--yes");

        Assert.Equal((2, true), (unasked.ExitCode, kept));
        Assert.Contains("--yes", Assert.Single(unasked.ErrorLines));
        Assert.Equal((0, $"{HubFixture.Id}  300.0 kB freed\n"), (removed.ExitCode, removed.Out));
        Assert.False(Directory.Exists(hub.Folder));
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("is not in the cache", Assert.Single(again.ErrorLines));
        Assert.Equal((2, "clip: demo is not a model of the Hugging Face Hub."), (wrong.ExitCode, wrong.Error.Trim()));
    }

    [Fact(Timeout = 180_000)]
    public async Task Prune_PartOfADownload_IsShownThenRemoved()
    {
        await using var hub = await HubFixture.StartAsync();
        await RunAsync(hub, "pull", HubFixture.Id);
        var part = Path.Combine(hub.Folder, "blobs", new string('a', 64) + ".incomplete");
        File.WriteAllBytes(part, new byte[2000]);

        var shown = await RunAsync(hub, "prune", "--dry-run");
        var kept = File.Exists(part);
        var pruned = await RunAsync(hub, "prune", "--yes");
        var nothing = await RunAsync(hub, "prune", "--yes");

        Assert.Equal((0, true), (shown.ExitCode, kept));
        Assert.Equal($"{HubFixture.Id}  1 part of a download  2.0 kB", Assert.Single(shown.OutLines));
        Assert.Equal((0, "2.0 kB freed"), (pruned.ExitCode, pruned.OutLines[^1]));
        Assert.False(File.Exists(part));
        Assert.Equal((0, ""), (nothing.ExitCode, nothing.Out));
        Assert.Equal(HubFixture.Content, File.ReadAllBytes(Path.Combine(hub.Snapshot, HubFixture.Weights)));
    }

    private static async Task<CliRun> RunAsync(HubFixture hub, params string[] args)
    {
        var token = TestContext.Current.CancellationToken;
        using var process = Start(hub, args);
        var output = process.StandardOutput.ReadToEndAsync(token);
        var error = process.StandardError.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        return new CliRun(process.ExitCode, await output, await error);
    }

    private static async Task LineAsync(Process process, string expected)
    {
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.NotNull(line);
        }
        while (line != expected);
    }

    private static async Task<(int ExitCode, string Out)> EndAsync(Process process)
    {
        var token = TestContext.Current.CancellationToken;
        var error = process.StandardError.ReadToEndAsync(token);
        var output = await process.StandardOutput.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        Assert.NotNull(await error);
        return (process.ExitCode, output.Trim());
    }

    private static Process Start(HubFixture hub, params string[] args)
    {
        // Beside the tests some of the command's packages come from the tests' own frameworks.
        var tests = Path.Combine(AppContext.BaseDirectory, "ClipGrpc.FunctionalTests");
        string[] host = ["exec", "--runtimeconfig", $"{tests}.runtimeconfig.json", "--depsfile", $"{tests}.deps.json"];
        var start = new ProcessStartInfo(
            "dotnet", [.. host, Path.Combine(AppContext.BaseDirectory, "clip.dll"), .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["HF_ENDPOINT"] = hub.Options.Endpoint.AbsoluteUri,
                ["HF_HUB_CACHE"] = hub.Options.CacheFolder,
                ["HF_HOME"] = hub.Options.CacheFolder,
                ["HF_TOKEN"] = "",
                ["HF_HUB_OFFLINE"] = "",
                ["NO_PROXY"] = "127.0.0.1",
            },
        };
        return Process.Start(start)!;
    }
}
