using System.CommandLine;
using System.Text.Json;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;
using ClipGrpc.Cli.Diagnosis;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class DoctorCommandTests
{
    [Fact(Timeout = 60_000)]
    public async Task Doctor_ServerThatServes_IsOk()
    {
        await using var server = await ScriptedServer.StartAsync();

        var checks = await CheckAsync(server.Address);

        Assert.Equal("ok", checks["server"].State);
        Assert.Contains("without TLS", checks["server"].Detail);
        Assert.Equal("ok", checks["health"].State);
        Assert.Equal(("ok", "ready, cpu (CPU, fp32), revision abc123"), checks["model demo"]);
        Assert.Contains("server 1.2.3", checks["versions"].Detail);
        Assert.Contains("logical cores", checks["processor"].Detail);
        Assert.Contains("model cache", checks.Keys);
        Assert.Contains("free disk space", checks.Keys);
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_NoServer_IsExitCode1WithWhatToDo()
    {
        using var nowhere = new RefusingAddress();

        var run = await CliRun.RunAsync("doctor", "--server", nowhere.Address, "--http-port", "0");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("fail  server ", run.OutLines[0]);
        Assert.Contains("→ Start a server, or specify one with --server", run.OutLines[1]);
        Assert.Contains(run.OutLines, line => line.StartsWith("ok    processor "));
        Assert.Equal("", run.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_PortsThatAreMixedUp_AreRecognized()
    {
        await using var server = await BareServer.StartAsync(TestContext.Current.CancellationToken);
        var http = server.Http.BaseAddress!;

        var httpPort = await RunAsync($"http://{http.Authority}");
        var cleartext = await RunAsync($"https://{server.GrpcAddress.Authority}");

        Assert.Contains("like the server's HTTP port", httpPort);
        Assert.Contains($"The port does not speak TLS: use http://{server.GrpcAddress.Authority}.", cleartext);

        async Task<string> RunAsync(string address) =>
            (await CliRun.RunAsync("doctor", "--server", address, "--http-port", "0")).OutLines[1];
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_TlsPortInCleartext_NamesTheAddressWithTls()
    {
        using var credentials = new TestCredentials();
        await using var server = await BareServer.StartAsync(
            TestContext.Current.CancellationToken, credentials.TlsSettings);

        var run = await CliRun.RunAsync(
            "doctor", "--server", $"http://{server.GrpcAddress.Authority}", "--http-port", "0");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"The port speaks TLS: use https://{server.GrpcAddress.Authority}", run.OutLines[1]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(StatusCode.Unauthenticated, "CLIP_API_KEY")]
    [InlineData(StatusCode.PermissionDenied, "models:read")]
    [InlineData(StatusCode.Unimplemented, "not ClipGrpc")]
    public async Task Doctor_ServerThatRefuses_SaysWhatToDo(StatusCode status, string advice)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Before = _ => throw new RpcException(new Status(status, "no."));

        var run = await CliRun.RunAsync("doctor", "--server", server.Address, "--http-port", "0");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(advice, run.OutLines[1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Doctor_ModelsAndHealthThatFail_AreFindings()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Health.Status = ServingStatus.NotServing;
        server.Models.Demo.State = ModelState.Failed;

        var checks = await CheckAsync(server.Address);

        Assert.Equal(("fail", "fail"), (checks["health"].State, checks["model demo"].State));
    }

    [Fact(Timeout = 60_000)]
    public async Task CheckHttp_ReadyPort_IsOkAndAnotherIsAWarning()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await BareServer.StartAsync(token);
        using var nowhere = new RefusingAddress();

        var http = await ServerChecks.CheckHttpAsync("localhost", server.Http.BaseAddress!.Port, token);
        var other = await ServerChecks.CheckHttpAsync("127.0.0.1", new Uri(nowhere.Address).Port, token);

        Assert.Equal(FindingState.Ok, http.State);
        Assert.Equal(FindingState.Warn, other.State);
        Assert.Contains("--http-port", other.Advice);
    }

    [Theory]
    [InlineData("1.2.3", "1.0.0", true)]
    [InlineData("1.2.3-rc.1", "1.2.3", true)]
    [InlineData("2.0.0", "1.9.9", false)]
    [InlineData("0.1.5", "0.1.0", true)]
    [InlineData("0.2.0", "0.1.0", false)]
    [InlineData("", "0.1.0", false)]
    public void CheckVersion_OtherVersion_IsAWarningWhereTheyMayNotUnderstandEachOther(
        string server, string client, bool isOk) =>
        Assert.Equal(isOk ? FindingState.Ok : FindingState.Warn, ServerChecks.CheckVersion(server, client).State);

    [Fact(Timeout = 60_000)]
    public async Task CacheChecks_SoundDamagedAndIncomplete_AreToldApart()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.FetchAsync();
        var sound = ModelsOf(hub);
        var blobs = Path.Combine(hub.Folder, "blobs");
        File.WriteAllBytes(Path.Combine(blobs, hub.Model.Files["vocab.json"].ETag), []);
        var empty = ModelsOf(hub);
        File.Delete(Path.Combine(blobs, hub.Model.Files["vocab.json"].ETag));
        var dangling = ModelsOf(hub);
        File.Delete(Path.Combine(hub.Snapshot, "vocab.json"));
        File.Delete(Path.Combine(hub.Snapshot, HubFixture.Weights));
        var incomplete = ModelsOf(hub);

        Assert.Equal(FindingState.Ok, sound.State);
        Assert.Contains("1 models, 300.0 kB", sound.Detail);
        Assert.All([empty, dangling], finding =>
        {
            Assert.Equal(FindingState.Fail, finding.State);
            Assert.Contains("org/clip-test: vocab.json", finding.Detail);
            Assert.Contains("clip verify --repair", finding.Advice);
        });
        Assert.Equal(FindingState.Warn, incomplete.State);
        Assert.Contains("clip pull org/clip-test", incomplete.Advice);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(100_000_000_000, "Ok")]
    [InlineData(1_000_000_000, "Warn")]
    [InlineData(1_000_000, "Fail")]
    public async Task CacheChecks_FreeSpace_DecidesOnTheState(long free, string state)
    {
        await using var hub = await HubFixture.StartAsync();

        var findings = new CacheChecks(hub.Options, cacheFolder: null, _ => free).Run();

        Assert.Equal(state, Assert.Single(findings, finding => finding.Name == "free disk space").State.ToString());
    }

    [Fact(Timeout = 60_000)]
    public async Task CacheChecks_Offline_IsAWarning()
    {
        await using var hub = await HubFixture.StartAsync();

        var findings = new CacheChecks(hub.Options with { Offline = true }, cacheFolder: null, _ => null).Run();

        Assert.Equal(FindingState.Warn, findings[0].State);
        Assert.Contains("HF_HUB_OFFLINE", findings[0].Advice);
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("YES\n", true)]
    [InlineData("\n", false)]
    [InlineData("n\n", false)]
    [InlineData("", false)]
    public void Confirmation_OnATerminal_Asks(string typed, bool isConfirmed)
    {
        var (error, command) = (new StringWriter(), new Command("rm"));
        var confirmation = new Confirmation(command);
        var console = new CliConsole(TextWriter.Null, error, false, false)
        {
            In = new StringReader(typed),
            InIsTerminal = true,
        };

        Assert.Equal(isConfirmed, confirmation.Get(command.Parse(""), console, "Remove it?"));
        Assert.Equal("Remove it? [y/N] ", error.ToString());
    }

    private static Finding ModelsOf(HubFixture hub) => Assert.Single(
        new CacheChecks(hub.Options, cacheFolder: null, _ => null).Run(), finding => finding.Name == "model cache");

    private static async Task<Dictionary<string, (string State, string Detail)>> CheckAsync(string address)
    {
        var run = await CliRun.RunAsync("doctor", "--json", "--http-port", "0", "--server", address);
        var report = JsonDocument.Parse(Assert.Single(run.OutLines)).RootElement;
        var checks = report.GetProperty("checks").EnumerateArray().ToDictionary(
            check => check.GetProperty("check").GetString()!,
            check => (check.GetProperty("state").GetString()!, check.GetProperty("detail").GetString()!));
        var isOk = !checks.Values.Any(check => check.Item1 == "fail");
        Assert.Equal((isOk, isOk ? 0 : 1), (report.GetProperty("ok").GetBoolean(), run.ExitCode));
        return checks;
    }
}
