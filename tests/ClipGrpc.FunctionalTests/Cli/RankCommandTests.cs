using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The scripted server ranks the last candidate first, with a tenth of its place as cosine.</summary>
public sealed class RankCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Rank_Table_HasTheCandidatesInTheServersOrder()
    {
        await using var server = await ScriptedServer.StartAsync();
        var image = _folder.Write("a.jpg", "image a");

        var run = await CliRun.AtAsync(server, "rank", "a query", "--images", image, "--texts", "one", "two");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("a query", run.Out);
        var rows = run.OutLines.Where(line => line.Contains("50.0 %")).ToList();
        Assert.Equal(3, rows.Count);
        Assert.Matches(@"1 +50\.0 % +0\.2000 +two", rows[0]);
        Assert.Matches($@"3 +50\.0 % +0\.0000 +{image}", rows[2]);
        Assert.Equal("a query", server.Clip.LastRank!.Query.Text);
        Assert.Equal(Priority.Interactive, server.Clip.LastRank.Options.Priority);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_Json_IsOneObjectPerQuery()
    {
        await using var server = await ScriptedServer.StartAsync();
        var image = _folder.Write("q.jpg", "image q");
        var texts = _folder.Write("texts.txt", "three\n\nfour\n");

        var run = await CliRun.AtAsync(
            server, "rank", "first", "--query-image", image, "--texts-file", texts, "--json", "--top", "1");

        Assert.Equal(0, run.ExitCode);
        var lines = run.OutLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["first", image], lines.Select(line => line.GetProperty("query").GetString()));
        Assert.Equal(1u, server.Clip.LastRank!.TopK);
        var best = lines[0].GetProperty("ranked")[0];
        Assert.Equal("four", best.GetProperty("candidate").GetString());
        Assert.Equal(0.1f, best.GetProperty("cosine").GetSingle());
        Assert.Equal("abc123", lines[0].GetProperty("revision").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_CandidatesThatFail_AreNamedAndTheExitCodeIs1()
    {
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(
            server, "rank", "query", "--images", "no/such.jpg", "--texts", "bad", "good", "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.StartsWith("clip: no/such.jpg: "));
        Assert.Contains("clip: bad: inputs: this is bad.", run.ErrorLines);
        var line = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        Assert.Equal(["bad"], Candidates(line, "errors"));
        Assert.Equal(["good"], Candidates(line, "ranked"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_NoCandidateIsLeft_PrintsNoTable()
    {
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, "rank", "query", "--texts", "bad");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Equal("clip: bad: inputs: this is bad.", Assert.Single(run.ErrorLines));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Give a QUERY", "rank", "--texts", "a")]
    [InlineData("Give candidates", "rank", "query")]
    [InlineData("--top must be at least 1", "rank", "query", "--texts", "a", "--top", "0")]
    public async Task Rank_WrongUse_SaysWhatIsMissing(string message, params string[] args)
    {
        var run = await CliRun.RunAsync(args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    private static IEnumerable<string?> Candidates(JsonElement line, string list) =>
        line.GetProperty(list).EnumerateArray().Select(entry => entry.GetProperty("candidate").GetString());
}
