using System.Globalization;
using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>
/// An image's content is its embedding ("1 0 0.5"); texts lie on the axis of the label that they hold.
/// </summary>
public sealed class EvalCommandTests(DemoServer demo) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Eval_Json_HasTheSharesCountedByHand()
    {
        await using var server = await StartAsync();
        WriteImages();

        var run = await EvaluateAsync(server, "--json");

        Assert.Equal((0, ""), (run.ExitCode, NotesOf(run)));
        var report = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        Assert.Equal(
            ["model", "source", "revision", "precision", "provider", "image_folder", "templates", "template_count",
                "classes", "images", "evaluated", "failed", "reused", "top1", "top5", "mean_per_class_top1",
                "mean_per_class_top5", "per_class", "most_confused", "classes_without_images", "folders_left_out",
                "errors"],
            report.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("demo", "abc123"), (Text(report, "model"), Text(report, "revision")));
        Assert.Equal(("simple-7", 7), (Text(report, "templates"), report.GetProperty("template_count").GetInt32()));
        Assert.Equal((4, 4, 0), (Number(report, "images"), Number(report, "evaluated"), Number(report, "failed")));
        Assert.Equal(0.75, Number(report, "top1"));
        Assert.Equal(1, Number(report, "top5"));
        Assert.Equal((1 + 0.5 + 1) / 3, Number(report, "mean_per_class_top1"), 12);
        var dog = report.GetProperty("per_class")[1];
        Assert.Equal(("n2", 2.0, 0.5), (Text(dog, "folder"), Number(dog, "images"), Number(dog, "top1")));
        var confused = Assert.Single(report.GetProperty("most_confused").EnumerateArray());
        Assert.Equal(
            ("n2", "n3", 1.0), (Text(confused, "class"), Text(confused, "taken_for"), Number(confused, "images")));
        Assert.Equal(
            run.Out, JsonSerializer.Serialize(JsonDocument.Parse(File.ReadAllText(OutFile("report.json")))) + "\n",
            ignoreAllWhiteSpace: true);
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_Again_EmbedsOnlyWhatIsNewOrChanged()
    {
        await using var server = await StartAsync();
        WriteImages();
        var first = await EvaluateAsync(server);
        server.Clip.EmbedRequests.Clear();

        var second = await EvaluateAsync(server);
        var asked = server.Clip.EmbedRequests.Sum(request => request.Inputs.Count);
        _folder.Write("images/n3/new.png", "1 0 0");
        _folder.Write("images/n1/a.png", "0.125 0 0");
        var third = await EvaluateAsync(server, "--json");

        Assert.Equal((0, 0, 0), (first.ExitCode, second.ExitCode, third.ExitCode));
        Assert.Equal(first.Out, second.Out);
        Assert.Equal(0, asked);
        Assert.Equal(2, server.Clip.EmbedRequests.Sum(request => request.Inputs.Count));
        var report = JsonDocument.Parse(third.Out).RootElement;
        Assert.Equal((5, 3), (Number(report, "images"), Number(report, "reused")));
        Assert.Equal(3 / 5.0, Number(report, "top1"), 12);
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_Interrupted_KeepsWhatWasDoneAndGoesOn()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 40; i++)
            _folder.Write($"images/n1/{i:00}.png", "1 0 0");
        var embed = server.Clip.OnEmbed!;
        var calls = 0;
        server.Clip.OnEmbed = request => IsOfImages(request) && Interlocked.Increment(ref calls) > 6
            ? throw new RpcException(new Status(StatusCode.Internal, "broken"))
            : embed(request);
        var broken = await EvaluateAsync(server, "--json");
        server.Clip.OnEmbed = embed;
        server.Clip.EmbedRequests.Clear();

        var whole = await EvaluateAsync(server, "--json");

        var (before, after) = (JsonDocument.Parse(broken.Out).RootElement, JsonDocument.Parse(whole.Out).RootElement);
        Assert.Equal((1, 0), (broken.ExitCode, whole.ExitCode));
        Assert.Equal((24, 16), (Number(before, "evaluated"), Number(before, "failed")));
        Assert.Contains("broken", Text(before.GetProperty("errors")[0], "error"));
        Assert.Equal((40, 24), (Number(after, "evaluated"), Number(after, "reused")));
        Assert.Equal(16, server.Clip.EmbedRequests.Sum(request => request.Inputs.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_DamagedStore_SaysSoAndEmbedsTheRestAgain()
    {
        await using var server = await StartAsync();
        WriteImages();
        var first = await EvaluateAsync(server);
        var path = OutFile("embeddings");
        await using (var file = File.OpenWrite(path))
            file.SetLength(file.Length - 1);
        server.Clip.EmbedRequests.Clear();

        var second = await EvaluateAsync(server);

        Assert.Equal((0, first.Out), (second.ExitCode, second.Out));
        Assert.Contains("damaged bytes at the end were truncated", second.Error);
        Assert.Equal(1, server.Clip.EmbedRequests.Sum(request => request.Inputs.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_NoResume_EmbedsAllAgain()
    {
        await using var server = await StartAsync();
        WriteImages();
        await EvaluateAsync(server);
        server.Clip.EmbedRequests.Clear();

        await EvaluateAsync(server, "--no-resume");

        Assert.Equal(4 + 4 * 7, server.Clip.EmbedRequests.Sum(request => request.Inputs.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_UnreadableImages_AreListedAndCounted()
    {
        await using var server = await StartAsync();
        WriteImages();
        var bad = _folder.Write("images/n1/bad.png", "bad");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "images", "n1", "gone.png"), "/no/such/file.png");

        var run = await EvaluateAsync(server, "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"clip: {bad}: inputs: this is bad.", run.ErrorLines);
        Assert.Contains("clip: 2 of 6 items failed.", run.ErrorLines);
        var report = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal((4, 2, 0.75), (Number(report, "evaluated"), Number(report, "failed"), Number(report, "top1")));
        Assert.Equal(
            ["n1/bad.png", "n1/gone.png"],
            report.GetProperty("errors").EnumerateArray().Select(error => Text(error, "image")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_MissingEmptyAndUnknownFolders_AreNamed()
    {
        await using var server = await StartAsync();
        _folder.Write("images/n1/a.png", "1 0 0");
        _folder.Write("images/n2/notes.txt", "no image");
        _folder.Write("images/other/a.png", "1 0 0");

        var run = await EvaluateAsync(server, "--json");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("clip: classes without images: n2, n3.", run.ErrorLines);
        Assert.Contains("clip: ignored folders without a class: other.", run.ErrorLines);
        var report = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(JsonValueKind.Null, report.GetProperty("per_class")[1].GetProperty("top1").ValueKind);
        Assert.Equal((1, 1), (Number(report, "images"), Number(report, "mean_per_class_top1")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_SentenceFails_EndsTheRun()
    {
        await using var server = await StartAsync();
        WriteImages();
        _folder.Write("templates.txt", "bad {}");

        var run = await EvaluateAsync(server, "--templates", Path.Combine(_folder.Path, "templates.txt"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("clip: 'bad cat' cannot be embedded: inputs: this is bad.", run.ErrorLines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_ModelReplacedDuringTheRun_EndsIt()
    {
        await using var server = await StartAsync();
        WriteImages();
        server.Models.Demo.Revision = "older";

        var run = await EvaluateAsync(server);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("was replaced during the run: older by abc123", run.Error);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("no/such/folder not found", "--images", "no/such/folder")]
    [InlineData("is neither a file nor one of", "--templates", "nonsense")]
    [InlineData("it cannot be read", "--classes", "no/such/file")]
    [InlineData("--batch must be 1 to 4096", "--batch", "0")]
    [InlineData("cannot be used together", "--resume", "--no-resume")]
    [InlineData("cannot be created", "--out", "/proc/no/such")]
    [InlineData("No model 'x'", "--model", "x")]
    public async Task Eval_WrongUse_Is2(string expected, params string[] args)
    {
        await using var server = await StartAsync();
        WriteImages();

        var run = await EvaluateAsync(server, args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Eval_NoImages_IsWrongUse()
    {
        await using var server = await StartAsync();
        Directory.CreateDirectory(Path.Combine(_folder.Path, "images", "n1"));

        var run = await EvaluateAsync(server);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("has no images in any class folder", run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Eval_DemoModel_TakesImagesForWhatClassifyDoes()
    {
        var token = TestContext.Current.CancellationToken;
        string[] labels = ["cat", "cup of coffee", "rocket"];
        string[] files = ["cat.jpg", "coffee.jpg", "rocket.jpg", "astronaut.jpg", "camera-gray.png", "cat-palette.png"];
        foreach (var (file, i) in files.Select((file, i) => (file, i)))
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, "images", $"n{i % 3 + 1}"));
            File.Copy(Make.DataPath("images", file), Path.Combine(_folder.Path, "images", $"n{i % 3 + 1}", file));
        }

        var classes = _folder.Write("demo.tsv", "n1\tcat\nn2\tcup of coffee\nn3\trocket\n");
        var run = await CliRun.RunAsync(
            "eval", "--images", Path.Combine(_folder.Path, "images"), "--classes", classes, "--templates", "simple-7",
            "--out", Path.Combine(_folder.Path, "out"), "--json",
            "--server", demo.Server.GrpcAddress.ToString()).WaitAsync(token);
        var request = new ClassifyRequest { LabelSet = Make.Labels(labels), TopK = 1 };
        request.LabelSet.Templates.Add(ClipGrpc.Cli.Evaluation.TemplateList.Read("simple-7").Templates);
        request.Images.Add(files.Select(Make.Image));
        var reply = await demo.Clip.ClassifyAsync(request, Make.Limited());

        var expected = reply.Results.Select((result, i) => ((long)i % 3, result.Predictions[0].Index))
            .Where(pair => pair.Item1 != pair.Index).GroupBy(pair => pair)
            .Select(group => ($"n{group.Key.Item1 + 1}", $"n{group.Key.Index + 1}", (double)group.Count())).Order();
        var report = JsonDocument.Parse(run.Out).RootElement;
        var actual = report.GetProperty("most_confused").EnumerateArray()
            .Select(pair => (Text(pair, "class"), Text(pair, "taken_for"), Number(pair, "images"))).Order();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(expected, actual);
        Assert.Equal(
            reply.Results.Where((result, i) => result.Predictions[0].Index == i % 3).Count() / 6.0,
            Number(report, "top1"), 12);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static string NotesOf(CliRun run) =>
        string.Join('\n', run.ErrorLines.Where(line => line.StartsWith("clip: ", StringComparison.Ordinal)));

    private static bool IsOfImages(EmbedRequest request) => request.Inputs[0].KindCase == Input.KindOneofCase.Image;

    private static async Task<ScriptedServer> StartAsync()
    {
        var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = request => new EmbedResponse
        {
            Model = ScriptedClipService.Model,
            Results = { request.Inputs.Select(Embed) },
        };
        return server;
    }

    private static EmbedResult Embed(Input input)
    {
        var text = input.Image?.Encoded.ToStringUtf8() ?? input.Text;
        if (text.StartsWith("bad", StringComparison.Ordinal))
            return ScriptedClipService.EmbedOne(new Input { Text = "bad" }, null);
        float[] values = input.Image is null
            ?
            [
                text.Contains("cat") ? 2 : 0, text.Contains("dog") || text.Contains("puppy") ? 3 : 0,
                text.Contains("car") ? 1 : 0,
            ]
            : [.. text.Split(' ').Select(value => float.Parse(value, CultureInfo.InvariantCulture))];
        return new EmbedResult { Embedding = new Embedding { Values = { values } } };
    }

    private void WriteImages()
    {
        _folder.Write("images/n1/a.png", "1 0 0");
        _folder.Write("images/n2/b.JPEG", "0 1 0.5");
        _folder.Write("images/n2/deep/c.png", "0 0.5 1");
        _folder.Write("images/n3/d.png", "0.1 0.2 0.3");
    }

    private string OutFile(string suffix) => Path.Combine(
        _folder.Path, "out", $"abc123-fp32.{suffix}");

    private Task<CliRun> EvaluateAsync(ScriptedServer server, params string[] args)
    {
        string Option(string name, string value) => args.Contains(name) ? args[Array.IndexOf(args, name) + 1] : value;
        var classes = _folder.Write("classes.tsv", "n1\tcat\nn2\tdog|puppy\nn3\tcar\n");
        string[] known = ["--images", "--classes", "--templates", "--out"];
        var others = args.Where((arg, i) => !known.Contains(arg) && (i == 0 || !known.Contains(args[i - 1])));
        return CliRun.AtAsync(
            server,
            ["eval", "--images", Option("--images", Path.Combine(_folder.Path, "images")),
                "--classes", Option("--classes", classes), "--templates", Option("--templates", "simple-7"),
                "--out", Option("--out", Path.Combine(_folder.Path, "out")), .. others])
            .WaitAsync(TestContext.Current.CancellationToken);
    }
}
