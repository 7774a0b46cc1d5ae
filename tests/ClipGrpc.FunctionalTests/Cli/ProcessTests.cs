using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ProcessTests
{
    [Fact(Timeout = 120_000)]
    public async Task Clip_AsAProcess_TakesTheServerFromTheEnvironment()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await RunAsync(server.Address, token, "embed", "--text", "Grüße", "--text", "bad", "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("Grüße", JsonDocument.Parse(run.OutLines[0]).RootElement.GetProperty("input").GetString());
        Assert.Equal(2, run.OutLines.Length);
        Assert.Equal(["clip: bad: inputs: this is bad.", "clip: 1 of 2 items failed."], run.ErrorLines);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Clip_AsAProcess_TakesTheKeyFromTheEnvironment()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();

        var run = await RunAsync(server.Address, token, "models");

        Assert.Equal(0, run.ExitCode);
        Assert.All(server.Log.Keys, key => Assert.Equal("Bearer key-of-the-environment", key));
        Assert.NotEmpty(server.Log.Keys);
    }

    [Fact(Timeout = 120_000)]
    public async Task Clip_AsAProcessWithoutServer_PrintsOneLine()
    {
        using var nowhere = new RefusingAddress();

        var run = await RunAsync(nowhere.Address, TestContext.Current.CancellationToken, "models");

        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("'clip doctor' checks more.", Assert.Single(run.ErrorLines));
        Assert.Equal("", run.Out);
    }

    private static Task<CliRun> RunAsync(string address, CancellationToken token, params string[] args) =>
        ClipProcess.FinishAsync(ClipProcess.Start(address, args), token);
}
