using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ClassifyCommandTests
{
    [Fact(Timeout = 60_000)]
    public async Task Classify_Folder_PrintsPercentagesInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var second = folder.Write("b.png", "image b");
        var first = folder.Write("a.JPG", "image a");
        var third = folder.Write("deep/er/c.webp", "image c");
        folder.Write("notes.txt", "no image");

        var run = await CliRun.AtAsync(
            server, "classify", folder.Path, "--labels", "cat, dog,car", "--top", "2").WaitAsync(token);

        Assert.Equal(
            [first, "    50.0 %  cat", "    25.0 %  dog", second, "    50.0 %  cat", "    25.0 %  dog", third,
                "    50.0 %  cat", "    25.0 %  dog"],
            run.OutLines);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("clip: skipped 1 file that is not an image; -v names them.", Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_Json_PrintsOneObjectALineAndNamesFailuresOnStderr()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var good = folder.Write("1 \"ü\".png", "image");
        var bad = folder.Write("2.png", "bad");
        var missing = Path.Combine(folder.Path, "3.png");

        var run = await CliRun.AtAsync(
            server, "classify", good, bad, missing, "--labels", "cat,dog", "--template", "a {}", "--json")
            .WaitAsync(token);

        Assert.Equal(3, run.OutLines.Length);
        var lines = run.OutLines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            ["input", "model", "revision", "predictions", "error"], lines[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal([good, bad, missing], lines.Select(line => line.GetProperty("input").GetString()!));
        Assert.All(lines, line => Assert.Equal("demo", line.GetProperty("model").GetString()));
        Assert.All(lines, line => Assert.Equal("abc123", line.GetProperty("revision").GetString()));
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("error").ValueKind);
        var prediction = lines[0].GetProperty("predictions")[0];
        Assert.Equal(["label", "probability", "cosine"], prediction.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ("cat", 0.5, 0.25),
            (prediction.GetProperty("label").GetString(), prediction.GetProperty("probability").GetDouble(),
                prediction.GetProperty("cosine").GetDouble()));
        Assert.Equal("inputs: this is bad.", lines[1].GetProperty("error").GetString());
        Assert.Equal(0, lines[1].GetProperty("predictions").GetArrayLength());
        Assert.Equal("File or folder not found.", lines[2].GetProperty("error").GetString());
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            [$"clip: {bad}: inputs: this is bad.", $"clip: {missing}: File or folder not found.",
                "clip: 2 of 3 items failed."],
            run.ErrorLines);
        Assert.Equal(["a {}"], server.Clip.CreateRequests.Single().LabelSet.Templates);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_LabelsFile_TakesALabelALine()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var image = folder.Write("a.png", "payload");
        var labels = folder.Write("labels.txt", "cat, tabby\n\n dog \n");

        var run = await CliRun.AtAsync(server, "classify", image, "--labels-file", labels).WaitAsync(token);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["cat, tabby", "dog"], server.Clip.CreateRequests.Single().LabelSet.Labels);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_SomeCallsFail_OthersSucceed()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 12; i++)
            folder.Write($"{i:00}.png", "image");
        var calls = 0;
        server.Clip.Before = context => context.Method.EndsWith("/Classify", StringComparison.Ordinal)
            && Interlocked.Increment(ref calls) == 2
                ? throw new RpcException(new Status(StatusCode.Internal, "broken"))
                : Task.CompletedTask;

        var run = await CliRun.AtAsync(server, "classify", folder.Path, "--labels", "a", "--json").WaitAsync(token);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(12, run.OutLines.Length);
        Assert.Equal(4 + 1, run.ErrorLines.Length); // the items of one call, and their count
        Assert.All(run.ErrorLines[..4], line => Assert.Contains("broken", line));
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_SentencesTruncated_WarnsInOneLine()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.TruncatedSentences = 3;

        var run = await CliRun.AtAsync(
            server, "classify", "no.png", "--labels", "a,b", "--template", "{}", "--template", "a {}").WaitAsync(token);

        Assert.Equal(
            "clip: 3 of 4 label sentences were truncated to the model's context length.", run.ErrorLines[0]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_UnknownModel_IsWrongUseInOneLine()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "classify", "x.png", "--labels", "a", "--model", "x").WaitAsync(token);

        Assert.Equal((2, "clip: No model 'x'; there is demo."), (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_NoServer_SaysHowToStartOneInOneLine()
    {
        var token = TestContext.Current.CancellationToken;
        using var nowhere = new RefusingAddress();

        var run = await CliRun.RunAsync("classify", "x.png", "--labels", "a", "--server", nowhere.Address)
            .WaitAsync(token);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"clip: The server at {nowhere.Address} cannot be reached: Connection refused. --server or CLIP_SERVER "
            + "names another server; 'clip doctor' checks more.",
            Assert.Single(run.ErrorLines));
        Assert.Equal("", run.Out);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("classify")]
    [InlineData("classify", "x.png")]
    [InlineData("classify", "--labels", "a")]
    [InlineData("classify", "x.png", "--labels", ",")]
    [InlineData("classify", "x.png", "--labels", "a,a")]
    [InlineData("classify", "x.png", "--labels", "a", "--top", "0")]
    [InlineData("classify", "x.png", "--labels", "a", "--top", "many")]
    [InlineData("classify", "x.png", "--labels", "a", "--template", "no place")]
    [InlineData("classify", "x.png", "--labels", "a", "--template", "{} and {}")]
    [InlineData("classify", "x.png", "--labels", "a", "--server", "nonsense")]
    [InlineData("classify", "x.png", "--labels", "a", "--timeout", "0")]
    [InlineData("classify", "x.png", "--labels-file", "no/such/file")]
    [InlineData("classify", "x.png", "--labels", "a", "--nonsense")]
    [InlineData("embed")]
    [InlineData("embed", "--text", "a", "--json", "--npy", "x.npy")]
    [InlineData("embed", "--text", "a", "--json", "--parquet", "x.parquet")]
    [InlineData("embed", "--text", "a", "--npy", "x.npy", "--parquet", "x.parquet")]
    [InlineData("embed", "--text", "a", "--resume")]
    [InlineData("embed", "--text", "a", "--timings")]
    [InlineData("embed", "--text", "a", "--shard", "4/3")]
    [InlineData("embed", "--text", "a", "--shard", "0/3")]
    [InlineData("embed", "--text", "a", "--quiet", "-v")]
    [InlineData("embed", "-", "--files-from", "-")]
    [InlineData("merge", "x.npy", "y.parquet")]
    [InlineData("merge", "x.npy", "no/such/file.npy")]
    [InlineData("nonsense")]
    [InlineData()]
    public async Task AnyCommand_WrongUse_Is2(params string[] args)
    {
        var token = TestContext.Current.CancellationToken;
        var run = await CliRun.RunAsync(args).WaitAsync(token);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("clip: ", run.ErrorLines[0]);
        Assert.InRange(run.ErrorLines.Length, 1, 2);
        Assert.Equal("", run.Out);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(
        "clip: 'classifi' is not a command. Did you mean 'classify'?", "Try 'clip --help'.", "classifi", "x.png")]
    [InlineData("clip: 'creat' is not a command. Did you mean 'create'?", "Try 'clip key --help'.", "key", "creat")]
    [InlineData("clip: 'nonsense' is not a command.", "Try 'clip --help'.", "nonsense")]
    [InlineData("clip: Required command was not provided.", "Try 'clip --help'.")]
    [InlineData("clip: Give a PATH or --files-from FILE.", "Try 'clip classify --help'.", "classify", "--labels", "a")]
    public async Task AnyCommand_WrongUse_IsALineAndAHint(string line, string hint, params string[] args)
    {
        var run = await CliRun.RunAsync(args).WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal([line, hint], run.ErrorLines);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
    }

    [Fact(Timeout = 60_000)]
    public async Task Classify_LabelBeginsWithAt_IsNoResponseFile()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var image = folder.Write("a.png", "payload");

        var run = await CliRun.AtAsync(server, "classify", image, "--labels", "@home", "--json").WaitAsync(token);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["@home"], server.Clip.CreateRequests.Single().LabelSet.Labels);
    }

    [Fact(Timeout = 60_000)]
    public async Task Help_EveryCommand_IsListed()
    {
        var token = TestContext.Current.CancellationToken;
        var run = await CliRun.RunAsync("--help").WaitAsync(token);

        Assert.Equal(0, run.ExitCode);
        Assert.All(["classify", "embed", "models", "health"], command => Assert.Contains(command, run.Out));
    }
}
