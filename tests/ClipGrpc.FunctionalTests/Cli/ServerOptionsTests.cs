using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.Server.Hosting;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The command against servers with keys, TLS and sockets.</summary>
public sealed class ServerOptionsTests : IDisposable
{
    private readonly TestCredentials _credentials = new();
    private readonly TemporaryFolder _folder = new();

    private string KeyFile => Path.Combine(_folder.Path, "key");

    public void Dispose()
    {
        _credentials.Dispose();
        _folder.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_KeyFileAndTls_GetsIn()
    {
        await using var server = await StartAsync(mutualTls: true);
        _credentials.WriteClientCertificate();
        await File.WriteAllTextAsync(
            KeyFile, $"{TestCredentials.InferKey}\n", TestContext.Current.CancellationToken);

        var run = await CliRun.RunAsync(
            "models", "--server", Address(server), "--api-key-file", KeyFile, "--tls-ca", _credentials.CaFile,
            "--tls-cert", _credentials.ClientCertificateFile, "--tls-key", _credentials.ClientKeyFile);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_RefusedOrMissingKey_NamesTheVariableAndTheFlagInOneLine()
    {
        await using var server = await StartAsync();
        await File.WriteAllTextAsync(KeyFile, "a-wrong-key", TestContext.Current.CancellationToken);

        var missing = await CliRun.RunAsync("models", "--server", Address(server), "--tls-ca", _credentials.CaFile);
        var wrong = await CliRun.RunAsync(
            "models", "--server", Address(server), "--tls-ca", _credentials.CaFile, "--api-key-file", KeyFile);

        Assert.Equal((1, 1), (missing.ExitCode, wrong.ExitCode));
        Assert.EndsWith(
            "No API key was sent: set CLIP_API_KEY or --api-key-file. (Unauthenticated)",
            Assert.Single(missing.ErrorLines));
        Assert.EndsWith(
            "The key of CLIP_API_KEY or --api-key-file was sent. (Unauthenticated)", Assert.Single(wrong.ErrorLines));
        Assert.DoesNotContain("a-wrong-key", wrong.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_WrongAuthority_NamesTheFlag()
    {
        await using var server = await StartAsync();

        var run = await CliRun.RunAsync(
            "models", "--server", Address(server), "--tls-ca", _credentials.WriteOtherAuthority());

        Assert.Contains("authorities of --tls-ca", Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_KeyInCleartextToAnotherMachine_IsWrongUse()
    {
        await File.WriteAllTextAsync(KeyFile, "k", TestContext.Current.CancellationToken);

        var run = await CliRun.RunAsync("models", "--server", "http://clip.example:1", "--api-key-file", KeyFile);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--allow-cleartext-credentials", Assert.Single(run.ErrorLines));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--api-key-file", "no/such/file", "--api-key-file: ")]
    [InlineData("--tls-ca", "no/such/file", "--tls-ca: ")]
    [InlineData("--tls-cert", "no/such/file", "--tls-cert: ")]
    [InlineData("--tls-key", "no/such/file", "--tls-key needs --tls-cert")]
    [InlineData("--server", "nonsense", "--server: 'nonsense' is not http://host:port")]
    public async Task Models_FlagThatIsWrong_IsWrongUseThatNamesIt(string flag, string value, string message)
    {
        var run = await CliRun.RunAsync("models", flag, value);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"clip: {message}", Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_EmptyKeyFile_IsWrongUse()
    {
        await File.WriteAllTextAsync(KeyFile, "\n", TestContext.Current.CancellationToken);

        var run = await CliRun.RunAsync("models", "--api-key-file", KeyFile);

        Assert.Equal((2, $"clip: --api-key-file: {KeyFile} is empty."), (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_OverASocketOrHostAndPort_GetsIn()
    {
        var settings = new Dictionary<string, string?> { ["Clip:Server:AdminSocket"] = _credentials.SocketFile };
        await using var server = await BareServer.StartAsync(TestContext.Current.CancellationToken, settings);

        var socket = await CliRun.RunAsync("models", "--server", $"unix:{_credentials.SocketFile}");
        var port = await CliRun.RunAsync("models", "--server", $"localhost:{server.GrpcAddress.Port}");

        Assert.Equal((0, 0), (socket.ExitCode, port.ExitCode));
    }

    private static string Address(BareServer server) => ListenerAddresses.Format(server.GrpcAddress);

    private Task<BareServer> StartAsync(bool mutualTls = false)
    {
        var settings = _credentials.AccessSettings;
        foreach (var (key, value) in _credentials.TlsSettings)
            settings[key] = value;
        if (mutualTls)
            settings["Clip:Tls:ClientCa"] = _credentials.CaFile;
        return BareServer.StartAsync(TestContext.Current.CancellationToken, settings);
    }
}
