using System.Text.Json;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Benchmarks;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Server.Hosting;
using ClipGrpc.TestSupport;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class BenchCommandTests(DemoServer demo) : IDisposable
{
    private static readonly string[] Short = ["--duration", "0.2", "--warm-up", "0.05"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Bench_Json_HasEveryStepAndARecommendation()
    {
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(
            server, ["bench", "--generate", "texts", "--callers", "1,2", "--batch", "2", "--json", .. Short]);

        Assert.Equal(0, run.ExitCode);
        var report = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        Assert.Equal("demo", report.GetProperty("model").GetString());
        var steps = report.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal(
            ["closed", "closed", "open", "open", "open"], steps.Select(step => step.GetProperty("loop").GetString()));
        Assert.Equal([1, 2], steps[..2].Select(step => step.GetProperty("callers").GetInt32()));
        Assert.All(steps, step =>
        {
            Assert.Equal(2, step.GetProperty("items_per_call").GetInt32());
            Assert.Equal(["OK"], step.GetProperty("statuses").EnumerateObject().Select(status => status.Name));
        });
        Assert.Equal(2, report.GetProperty("recommendation").GetProperty("items_per_call").GetInt32());
        var texts = server.Clip.EmbedRequests
            .SelectMany(request => request.Inputs).Select(input => input.Text).ToList();
        Assert.Equal(texts.Count - 1, texts.Distinct().Count()); // the check before the load sends the first one, too
        Assert.Equal(5, run.ErrorLines.Count(line => line.Contains("items/s")));
    }

    [Fact(Timeout = 120_000)]
    public async Task Bench_GeneratedImages_AreEmbeddedByARealServer()
    {
        var address = ListenerAddresses.Format(demo.Server.GrpcAddress);

        var run = await CliRun.RunAsync(
            ["bench", "--server", address, "--callers", "1", "--batch", "1", "--loop", "closed", "--duration", "1",
                "--warm-up", "0.05"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Recommended: 1 caller with 1 per call", run.Out);
        Assert.Matches("closed +1 .* OK [0-9]+", run.Out);
    }

    [Fact(Timeout = 60_000)]
    public async Task Bench_EveryCallFails_CountsTheStatusesAndIs1()
    {
        await using var server = await ScriptedServer.StartAsync();
        var calls = 0;
        server.Clip.Before = _ => Interlocked.Increment(ref calls) == 1
            ? Task.CompletedTask
            : throw new RpcException(new Status(StatusCode.ResourceExhausted, "full"));

        var run = await CliRun.AtAsync(
            server, ["bench", "--generate", "texts", "--callers", "1", "--batch", "1", "--json", .. Short]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("clip: no call succeeded.", run.ErrorLines);
        var report = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        var step = Assert.Single(report.GetProperty("steps").EnumerateArray());
        Assert.Equal(
            "RESOURCE_EXHAUSTED", Assert.Single(step.GetProperty("statuses").EnumerateObject().ToArray()).Name);
        Assert.Equal(JsonValueKind.Null, report.GetProperty("recommendation").ValueKind);
    }

    [Fact(Timeout = 60_000)]
    public async Task Bench_InputThatNoCallCanHave_IsSaidOnceBeforeAnyLoad()
    {
        await using var server = await ScriptedServer.StartAsync();
        var texts = _folder.Write("texts.txt", "bad text\n");

        var run = await CliRun.AtAsync(server, ["bench", "--texts-file", texts, .. Short]);

        Assert.Equal((1, "clip: inputs: this is bad."), (run.ExitCode, Assert.Single(run.ErrorLines)));
        Assert.Single(server.Clip.EmbedRequests);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--callers: \"0\" is not a number above 0 and up to 1024.", "--callers", "1,0")]
    [InlineData("--callers: \"x\" is not a number", "--callers", "x")]
    [InlineData("--rate: \"-1\" is not a number", "--rate", "-1")]
    [InlineData("--duration must be more than 0", "--duration", "0")]
    [InlineData("--loop open requires --rate", "--loop", "open")]
    [InlineData("cannot be used together", "--images", "a.jpg", "--texts-file", "b.txt")]
    [InlineData("Required argument missing for option: '--loop'", "--loop")]
    [InlineData("Unknown option '--calers'", "--calers")]
    [InlineData("--callers is for a server; MODEL is measured without one.", "demo", "--callers", "1")]
    [InlineData("--server is for a server", "demo", "--server", "http://localhost:1")]
    [InlineData("--provider requires MODEL.", "--provider", "ov=/x.so")]
    [InlineData("--server-program requires MODEL.", "--server-program", "/x")]
    [InlineData("--server-program: there is no file /no/such", "demo", "--server-program", "/no/such")]
    public async Task Bench_WrongUse_SaysWhatIsWrong(string message, params string[] args)
    {
        var run = await CliRun.RunAsync(["bench", .. args]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Bench_FileThatIsMissing_IsWrongUse()
    {
        var run = await CliRun.RunAsync("bench", "--images", "no/such.jpg");

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("clip: --images: no/such.jpg: ", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void GeneratedImages_AreEachAnother()
    {
        var images = Enumerable.Range(0, 4).Select(GeneratedImage.Create).ToList();

        Assert.Equal(4, images.DistinctBy(Convert.ToBase64String).Count());
        var pixels = GeneratedImage.Width * GeneratedImage.Height;
        Assert.All(images, image => Assert.InRange(image.Length, pixels / 8, pixels * 2));
    }

    [Fact(Timeout = 120_000)]
    public async Task Bench_Model_IsMeasuredByTheServerProgram()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "ClipServer.dll");

        var run = await CliRun.RunAsync(
            ["bench", "demo", "--server-program", program, "--duration", "0.03", "--json"]);

        Assert.True(run.ExitCode == 0, run.Error);
        var report = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        Assert.Equal("demo", report.GetProperty("model").GetString());
        Assert.StartsWith("Measuring ", run.ErrorLines[0]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Bench_ModelThatIsMissing_HasTheServerProgramsErrorAndExitCode()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "ClipServer.dll");

        var run = await CliRun.RunAsync(["bench", "no/such/model", "--server-program", program]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("There is no model 'no/such/model'.", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void Find_ServerProgram_PrefersTheOptionThenTheVariableThenItsOwnFolderThenPath()
    {
        var name = OperatingSystem.IsWindows() ? "ClipServer.exe" : "ClipServer";
        var (option, variable) = (_folder.Write("option", ""), _folder.Write("variable", ""));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "clip"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "bin"));
        var (beside, onPath) = (_folder.Write($"clip/{name}", ""), _folder.Write($"bin/{name}", ""));
        var (clip, bin, none) = (Path.GetDirectoryName(beside)!, Path.GetDirectoryName(onPath)!, _folder.Path);

        Assert.Equal(option, ServerProgram.Find(option, variable, clip, bin, "bench demo"));
        Assert.Equal(variable, ServerProgram.Find(null, variable, clip, bin, "bench demo"));
        Assert.Equal(beside, ServerProgram.Find(null, null, clip, bin, "bench demo"));
        Assert.Equal(onPath, ServerProgram.Find(null, null, none, bin, "bench demo"));
        var error = Assert.Throws<CliException>(() => ServerProgram.Find(null, null, none, null, "bench demo"));
        Assert.Contains("ClipServer bench demo", error.Message);
        Assert.Contains("--server-program", error.Message);
    }
}
