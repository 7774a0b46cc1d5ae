using System.Text.Json;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Benchmarks;
using ClipGrpc.Cli.Search;
using ClipGrpc.Client;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>
/// The scripted server embeds a text or file as [length, first byte, 0.5]: of files that begin with the same letter the
/// one that is as long as the query is the most similar.
/// </summary>
public sealed class SearchCommandTests : IDisposable
{
    private static readonly byte[] Png = GeneratedImage.Create(0);

    private readonly TemporaryFolder _folder = new();

    private string Images => _folder.PathOf("images");

    private string Index => _folder.PathOf("index");

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Search_Table_HasTheMostSimilarImagesFirst()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();

        var run = await SearchAsync(server, "aaaa", "--top", "2");

        Assert.Equal(0, run.ExitCode);
        var rows = run.OutLines.Where(line => line.Contains(Images)).ToList();
        Assert.Equal(2, rows.Count);
        Assert.Matches(@"1 +1\.0000 .*four\.jpg", rows[0]);
        Assert.Contains("nine.jpg", rows[1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_Again_EmbedsOnlyWhatIsNewOrChanged()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();
        await SearchAsync(server, "aaaa");
        server.Clip.EmbedRequests.Clear();

        var same = await SearchAsync(server, "aaaa", "--json");
        var query = Assert.Single(server.Clip.EmbedRequests);
        Write("four.jpg", 'a', 5);
        Write("new.png", 'a', 4);
        File.Delete(Path.Combine(Images, "sub", "nine.jpg"));
        server.Clip.EmbedRequests.Clear();
        var changed = await SearchAsync(server, "aaaa", "--json");

        Assert.Equal("aaaa", Assert.Single(query.Inputs).Text);
        Assert.Equal(["four.jpg", "nine.jpg", "forty.jpg"], Names(same));
        Assert.Equal(3, server.Clip.EmbedRequests.Sum(request => request.Inputs.Count));
        Assert.Equal(["new.png", "four.jpg", "forty.jpg"], Names(changed));
        Assert.Contains("Embedding 2 images that are new or have changed, of 3.", changed.ErrorLines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_DeletedFiles_LeaveTheIndex()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();
        await SearchAsync(server, "aaaa");
        var before = new FileInfo(Index).Length;

        File.Delete(Path.Combine(Images, "four.jpg"));
        await SearchAsync(server, "aaaa");

        Assert.True(new FileInfo(Index).Length < before);
        Assert.Equal([Index], Directory.GetFiles(_folder.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_ModelBehindTheNameHasChanged_RefusesTheIndexUntilItIsMadeAgain()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();
        await SearchAsync(server, "aaaa");
        ServeRevision(server, "def456");

        var refused = await SearchAsync(server, "aaaa");
        var again = await SearchAsync(server, "aaaa", "--reindex");

        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith($"clip: --index: {Index} contains something other", Assert.Single(refused.ErrorLines));
        Assert.Contains("--reindex", refused.Error);
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("Embedding 3 images that are new or have changed, of 3.", again.ErrorLines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_ModelIsReplacedDuringTheRun_Ends()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();
        ServeRevision(server, "def456");
        server.Models.Demo.Revision = "abc123";

        var run = await SearchAsync(server, "aaaa");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("was replaced during the run", Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_DamagedIndex_EmbedsWhatItLost()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();
        await SearchAsync(server, "aaaa");
        var bytes = File.ReadAllBytes(Index);
        bytes[^1] ^= 1;
        File.WriteAllBytes(Index, bytes);

        var run = await SearchAsync(server, "aaaa", "--json");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains("damaged bytes"));
        Assert.Contains("Embedding 1 images that are new or have changed, of 3.", run.ErrorLines);
        Assert.Equal(["four.jpg", "nine.jpg", "forty.jpg"], Names(run));
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_ImageThatFails_IsNamedAndTheOthersAreFound()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();
        _folder.Write("images/bad.jpg", "bad image");

        var run = await SearchAsync(server, "aaaa", "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains("bad.jpg: inputs: this is bad."));
        Assert.Equal(3, run.OutLines.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_WithAnImage_FindsItself()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();

        var run = await CliRun.AtAsync(
            server, "search", Images, "--image", Path.Combine(Images, "four.jpg"), "--index", Index, "--json",
            "--top", "1");

        Assert.Equal(["four.jpg"], Names(run));
        var line = JsonDocument.Parse(run.OutLines[0]).RootElement;
        Assert.Equal(
            ["rank", "path", "cosine", "query", "model", "revision"],
            line.EnumerateObject().Select(property => property.Name));
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_QueryThatFails_IsWrongUse()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();

        var run = await SearchAsync(server, "bad query");

        Assert.Equal((2, "clip: bad query: inputs: this is bad."), (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("no/such/folder not found", "search", "no/such/folder", "a")]
    [InlineData("Specify either TEXT or --image FILE", "search", ".")]
    [InlineData("Specify either TEXT or --image FILE", "search", ".", "a", "--image", "b.jpg")]
    [InlineData("Required argument missing for option: '--image'", "search", ".", "--image")]
    public async Task Search_WrongUse_SaysWhatIsWrong(string message, params string[] args)
    {
        var run = await CliRun.RunAsync(args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_Html_HasTheImagesInIt()
    {
        await using var server = await ScriptedServer.StartAsync();
        _folder.Write("images/<b>&.png", Png);
        var page = _folder.PathOf("out.html");

        var run = await CliRun.AtAsync(server, "search", Images, "<i>", "--index", Index, "--html", page);

        Assert.Equal(0, run.ExitCode);
        var html = File.ReadAllText(page);
        Assert.Contains($"data:image/png;base64,{Convert.ToBase64String(Png)}", html);
        Assert.Contains("<h1>&lt;i&gt;</h1>", html);
        Assert.Contains("&lt;b&gt;&amp;.png", html);
        Assert.DoesNotContain("<b>", html);
        Assert.DoesNotContain("http:", html);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_HtmlThatCannotBeWritten_IsWrongUse()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();

        var page = _folder.PathOf("no/such/folder/out.html");
        var run = await SearchAsync(server, "aaaa", "--html", page);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(
            $"clip: --html: {page} cannot be written: there is no folder {_folder.PathOf("no/such/folder")}.",
            run.ErrorLines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Search_QueryImageThatIsMissing_IsNamedOnce()
    {
        await using var server = await ScriptedServer.StartAsync();
        WriteImages();

        var run = await CliRun.AtAsync(server, "search", Images, "--image", "no.png", "--index", Index);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("clip: --image: no.png cannot be read: the file does not exist.", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void Page_ImagesBeyondItsRoom_AreLinked()
    {
        var first = _folder.Write("images/1.png", Png);
        var second = _folder.Write("images/a b#/2.png", Png);
        var other = _folder.Write("images/3.txt", "of no kind that a browser shows");
        var result = new SearchResult(
            Images, "query", new ClipModel { Name = "demo", Revision = "abc" }, 3,
            [new SearchHit(first, 0.9f), new SearchHit(second, 0.8f), new SearchHit(other, 0.7f)]);
        var page = new SearchPage(_folder.PathOf("out.html"), room: new FileInfo(first).Length);

        page.Write(result, queryImage: null);

        Assert.Equal(2, page.Linked);
        var html = File.ReadAllText(_folder.PathOf("out.html"));
        Assert.Contains("data:image/png", html);
        Assert.Contains("src=\"images/a%20b%23/2.png\"", html);
        Assert.Contains("src=\"images/3.txt\"", html);
    }

    [Fact]
    public void InCache_FolderOrModel_HasItsOwnFile()
    {
        var one = IndexFile.InCache("photos", "rev1 fp32", _folder.Path);

        Assert.Equal(one, IndexFile.InCache("photos/", "rev1 fp32", _folder.Path));
        Assert.Equal(one, IndexFile.InCache(Path.GetFullPath("photos"), "rev1 fp32", _folder.Path));
        Assert.NotEqual(one, IndexFile.InCache("photos", "rev2 fp32", _folder.Path));
        Assert.NotEqual(one, IndexFile.InCache("photos2", "rev1 fp32", _folder.Path));
        Assert.StartsWith(_folder.Path, one);
    }

    [Fact]
    public void InCache_NoCache_AsksForAFile()
    {
        var exception = Assert.Throws<CliException>(() => IndexFile.InCache("photos", "rev1 fp32", cache: null));

        Assert.Contains("--index", exception.Message);
    }

    private static IEnumerable<string> Names(CliRun run) => run.OutLines.Select(
        line => Path.GetFileName(JsonDocument.Parse(line).RootElement.GetProperty("path").GetString())!);

    private static void ServeRevision(ScriptedServer server, string revision)
    {
        server.Models.Demo.Revision = revision;
        server.Clip.OnEmbed = request => new EmbedResponse
        {
            Model = new ModelRef { Name = "demo", Revision = revision },
            Results = { request.Inputs.Select(input => ScriptedClipService.EmbedOne(input, request.Options)) },
        };
    }

    private Task<CliRun> SearchAsync(ScriptedServer server, string text, params string[] more) =>
        CliRun.AtAsync(server, ["search", Images, text, "--index", Index, .. more]);

    private void WriteImages()
    {
        Write("four.jpg", 'a', 4);
        Write("sub/nine.jpg", 'a', 9);
        Write("forty.jpg", 'a', 40);
    }

    private void Write(string name, char letter, int length) =>
        _folder.Write($"images/{name}", new string(letter, length));
}
