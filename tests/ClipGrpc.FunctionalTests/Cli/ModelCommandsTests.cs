using System.Text.Json;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Server.Hosting;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary><c>clip load</c>, <c>clip unload</c> and <c>clip ps</c>.</summary>
public sealed class ModelCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task LoadAndUnload_OverTheSocket_ChangeTheServersModels()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The path of the socket is too long for some systems.");
        var socket = _folder.PathOf("s");
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Clip:Server:AdminSocket"] = socket,
            ["Clip:Access:AnonymousRoles"] = "infer,models:read",
        });
        var network = ListenerAddresses.Format(server.GrpcAddress);

        var refused = await CliRun.RunAsync("load", "second=demo", "--server", network);
        var loaded = await CliRun.RunAsync("load", "second=demo", "--server", $"unix:{socket}");
        var twice = await CliRun.RunAsync("load", "second=demo", "--server", $"unix:{socket}");
        var listed = await CliRun.RunAsync("ps", "--json", "--server", network);
        var kept = await CliRun.RunAsync("unload", "second", "--server", network);
        var unloaded = await CliRun.RunAsync("unload", "second", "--server", $"unix:{socket}");
        var gone = await CliRun.RunAsync("unload", "second", "--server", $"unix:{socket}");
        var rest = await CliRun.RunAsync("ps", "--json", "--server", network);

        foreach (var run in new[] { refused, kept })
        {
            Assert.Equal(1, run.ExitCode);
            var line = Assert.Single(run.ErrorLines);
            Assert.Contains("models:write", line);
            Assert.Contains("--server unix:/PATH", line);
            Assert.Contains("--api-key-file", line);
        }

        Assert.Equal((0, ""), (loaded.ExitCode, loaded.Error));
        Assert.Matches("^second  ready  cpu  fp32  [0-9a-f]{12}\n$", loaded.Out);
        Assert.NotEqual(0, twice.ExitCode);
        Assert.Contains("second", Assert.Single(twice.ErrorLines));
        Assert.Equal(["demo", "second"], Names(listed));
        Assert.Equal((0, "second  unloaded\n"), (unloaded.ExitCode, unloaded.Out));
        Assert.Equal(2, gone.ExitCode);
        Assert.Contains("Model \"second\" not found", gone.Error);
        Assert.Equal(["demo"], Names(rest));
    }

    [Fact(Timeout = 60_000)]
    public async Task Ps_Table_HasStateAndDevice()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Demo.State = ModelState.Loading;
        server.Models.Demo.Architecture.Parameters = 151_277_313;
        server.Models.Demo.MaxBatchSize = 32;

        var run = await CliRun.AtAsync(server, "ps");

        Assert.Equal(0, run.ExitCode);
        var row = Assert.Single(run.OutLines, line => line.Contains("demo (default)"));
        Assert.All(["loading", "cpu", "CPU", "fp32", "151.3 M", "32"], cell => Assert.Contains(cell, row));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("org/name", "", "org/name")]
    [InlineData("fast=org/name@v1", "fast", "org/name@v1")]
    [InlineData("./folder=1", "", "./folder=1")]
    public async Task Load_NameAndSource_AreSentAsTheServersModelFlagHasThem(string model, string name, string source)
    {
        await using var server = await ScriptedServer.StartAsync();
        LoadModelRequest? sent = null;
        server.Models.OnLoad = request => sent = request;

        var run = await CliRun.AtAsync(server, "load", model, "--precision", "int8", "--device", "cuda");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            (source, name, "int8", "cuda"), (sent!.Source, sent.Name, sent.Precision, sent.Device));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("has no source", "load", "name=")]
    [InlineData("has the name 'a b'", "load", "a b=demo")]
    [InlineData("--wait must be more than 0", "load", "demo", "--wait", "0")]
    public async Task Load_WrongUse_SaysWhatIsWrong(string message, params string[] args)
    {
        await using var server = await ScriptedServer.StartAsync();

        var run = await CliRun.AtAsync(server, args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.Equal(0, server.Log.Count("LoadModel"));
    }

    private static IEnumerable<string> Names(CliRun run) => run.OutLines.Select(
        line => JsonDocument.Parse(line).RootElement.GetProperty("name").GetString()!).Order();
}
