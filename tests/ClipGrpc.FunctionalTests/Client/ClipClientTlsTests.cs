using ClipGrpc.Client;
using ClipGrpc.FunctionalTests.Access;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Server.Hosting;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>The client with the real server's TLS, keys and sockets, and its errors when they do not fit.</summary>
public sealed class ClipClientTlsTests : IDisposable
{
    private readonly TestCredentials _credentials = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _credentials.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ApiKey_RightWrongAndMissing_GetsInOrSaysWhatToSet(bool encrypted)
    {
        await using var server = await StartAsync(encrypted ? _credentials.TlsSettings : []);
        using (var right = Connect(server, TestCredentials.InferKey))
            await right.ListModelsAsync(Cancelled);

        using var wrong = Connect(server, "a-wrong-key");
        var refused = await Assert.ThrowsAsync<ClipClientException>(() => wrong.ListModelsAsync(Cancelled));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.EndsWith(" The key of ClipClientOptions.ApiKey was sent.", refused.Message);
        Assert.DoesNotContain("a-wrong-key", refused.ToString());

        using var missing = Connect(server, null);
        refused = await Assert.ThrowsAsync<ClipClientException>(() => missing.ListModelsAsync(Cancelled));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.EndsWith(" No API key was sent: set ClipClientOptions.ApiKey.", refused.Message);

        using var insufficient = Connect(server, TestCredentials.MetricsKey);
        refused = await Assert.ThrowsAsync<ClipClientException>(() => insufficient.ListModelsAsync(Cancelled));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task ApiKey_BearerToken_GetsIn()
    {
        await using var server = await StartAsync(_credentials.TlsSettings);
        using var client = Connect(server, _credentials.Token("infer"));
        await client.ListModelsAsync(Cancelled);
    }

    [Fact(Timeout = 60_000)]
    public async Task CaFile_OtherAuthority_IsRefusedAtOnceWithTheOption()
    {
        await using var server = await StartAsync(_credentials.TlsSettings);
        using var other = ClipClient.Create(Options(server, tls => tls.CaFile = _credentials.WriteOtherAuthority()));
        var error = await Assert.ThrowsAsync<ClipClientException>(() => other.ListModelsAsync(Cancelled));
        Assert.Contains($"The server at {Address(server)} has a certificate that is not trusted", error.Message);
        Assert.Contains("authorities of ClipClientOptions.Tls.CaFile", error.Message);

        using var system = ClipClient.Create(Options(server, _ => { }));
        error = await Assert.ThrowsAsync<ClipClientException>(() => system.ListModelsAsync(Cancelled));
        Assert.Contains("ClipClientOptions.Tls.CaFile names the authority", error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CaFile_Intermediate_IsNotTrustedWithoutItsRoot(bool withRoot)
    {
        _credentials.WriteServerCertificateChain();
        await using var server = await StartAsync(_credentials.TlsSettings);
        using var client = ClipClient.Create(Options(
            server, tls => tls.CaFile = withRoot ? _credentials.CaFile : _credentials.IntermediateFile));
        if (withRoot)
            await client.ListModelsAsync(Cancelled);
        else
            await Assert.ThrowsAsync<ClipClientException>(() => client.ListModelsAsync(Cancelled));
    }

    [Fact(Timeout = 60_000)]
    public async Task CaFile_CertificateForAnotherName_IsRefused()
    {
        _credentials.WriteServerCertificate("other.example");
        await using var server = await StartAsync(_credentials.TlsSettings);
        using var client = Connect(server, TestCredentials.InferKey);
        var error = await Assert.ThrowsAsync<ClipClientException>(() => client.ListModelsAsync(Cancelled));
        Assert.Contains("certificate for another name", error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("files", true)]
    [InlineData("object", true)]
    [InlineData("none", false)]
    [InlineData("other authority", false)]
    public async Task MutualTls_ClientCertificate_GetsInOrTheErrorNamesIt(string kind, bool getsIn)
    {
        var settings = _credentials.TlsSettings;
        settings["Clip:Tls:ClientCa"] = _credentials.CaFile;
        await using var server = await BareServer.StartAsync(Cancelled, settings);
        _credentials.WriteClientCertificate(ofOtherAuthority: kind == "other authority");
        using var certificate = _credentials.ClientCertificate();
        var options = Options(server, tls =>
        {
            tls.CaFile = _credentials.CaFile;
            if (kind == "object")
            {
                tls.Certificate = certificate;
            }
            else if (kind != "none")
            {
                tls.CertificateFile = _credentials.ClientCertificateFile;
                tls.KeyFile = _credentials.ClientKeyFile;
            }
        });
        options.ApiKey = null;
        options.MaxAttempts = 1;
        using var client = ClipClient.Create(options);
        if (getsIn)
        {
            await client.ListModelsAsync(Cancelled);
            return;
        }

        var error = await Assert.ThrowsAsync<ClipClientException>(() => client.ListModelsAsync(Cancelled));
        Assert.Contains("Tls.CertificateFile", error.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task AddClipClient_TlsFromConfiguration_GetsIn()
    {
        var settings = _credentials.TlsSettings;
        settings["Clip:Tls:ClientCa"] = _credentials.CaFile;
        await using var server = await BareServer.StartAsync(Cancelled, settings);
        _credentials.WriteClientCertificate();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Addresses:0"] = Address(server),
            ["Tls:CaFile"] = _credentials.CaFile,
            ["Tls:CertificateFile"] = _credentials.ClientCertificateFile,
            ["Tls:KeyFile"] = _credentials.ClientKeyFile,
        }).Build();
        var services = new ServiceCollection();
        services.AddClipClient(configuration.Bind);
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<ClipClient>().ListModelsAsync(Cancelled);
    }

    [Fact]
    public void Tls_FilesThatCannotBeRead_AreNamedByOption()
    {
        var noPem = Path.Combine(Path.GetDirectoryName(_credentials.CaFile)!, "no.pem");
        File.WriteAllText(noPem, "nothing");
        AssertInvalid("Tls.CaFile: ", tls => tls.CaFile = "no/such/file");
        AssertInvalid("Tls.CaFile: ", tls => tls.CaFile = noPem);
        AssertInvalid("Tls.CertificateFile: ", tls => tls.CertificateFile = _credentials.CaFile);
        AssertInvalid("Tls.KeyFile needs", tls => tls.KeyFile = _credentials.KeyFile);
        var services = new ServiceCollection();
        services.AddClipClient(options => options.Tls.CaFile = noPem);
        using var provider = services.BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<ClipClient>());
        Assert.StartsWith("Tls.CaFile: ", Assert.Single(error.Failures));
    }

    [Fact(Timeout = 60_000)]
    public async Task Address_TlsToCleartextAndBack_SaysWhichToUse()
    {
        await using var cleartext = await StartAsync([]);
        await using var encrypted = await StartAsync(_credentials.TlsSettings);
        var error = await FailAsync($"https://localhost:{cleartext.GrpcAddress.Port}");
        Assert.Contains("does not speak TLS", error.Message);
        Assert.Contains("http://", error.Message);

        error = await FailAsync($"http://localhost:{encrypted.GrpcAddress.Port}");
        Assert.Contains("It may require TLS: use https://", error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Address_OfTheHttpPort_SaysSo(bool several)
    {
        await using var server = await StartAsync([]);
        var address = $"http://localhost:{server.Http.BaseAddress!.Port}";
        var error = await FailAsync(several ? [address, address.Replace("localhost", "127.0.0.1")] : [address]);
        Assert.Contains($"The server at {address}", error.Message);
        // .NET may read the end of the connection before it asks for a stream, and then does not report HTTP/1.1.
        Assert.Matches("(speaks HTTP/1.1, not gRPC|closed the new connection)", error.Message);
        Assert.Contains("Is it the server's HTTP port?", error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Address_UnixSocket_TakesCallsAndStreams(bool encrypted)
    {
        var settings = encrypted ? _credentials.TlsSettings : [];
        foreach (var (key, value) in _credentials.AccessSettings)
            settings[key] = value;
        settings["Clip:Server:GrpcListen"] = $"unix:{_credentials.SocketFile}";
        await using var server = await RunningServer.StartAsync(settings);
        using var client = ClipClient.ForAddress($"unix:{_credentials.SocketFile}", options =>
        {
            options.ApiKey = TestCredentials.InferKey;
            options.Tls.CaFile = encrypted ? _credentials.CaFile : null;
        });
        EmbedStreamItem[] items = [new("1", "a"), new("2", "b")];
        Assert.Equal(128, (await client.EmbedTextAsync("a", cancellationToken: Cancelled)).Vector.Length);
        var streamed = await client.EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: Cancelled)
            .ToArrayAsync(Cancelled);
        Assert.All(streamed, result => Assert.True(result.Result.IsSuccess));
    }

    [Fact(Timeout = 60_000)]
    public async Task Address_UnixSocketWithoutServer_CannotBeReached()
    {
        var error = await FailAsync($"unix:{_credentials.SocketFile}");
        Assert.True(error.IsConnectionFailure);
        Assert.Contains($"The server at unix:{_credentials.SocketFile} cannot be reached", error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Address_HostAndPort_UsesTlsWhereTlsIsSet(bool encrypted)
    {
        await using var server = await StartAsync(encrypted ? _credentials.TlsSettings : []);
        using var client = ClipClient.ForAddress($"localhost:{server.GrpcAddress.Port}", options =>
        {
            options.ApiKey = TestCredentials.InferKey;
            options.Tls.CaFile = encrypted ? _credentials.CaFile : null;
        });
        await client.ListModelsAsync(Cancelled);
    }

    [Fact(Timeout = 60_000)]
    public async Task Dns_WithTls_Balances()
    {
        await using var server = await StartAsync(_credentials.TlsSettings);
        using var client = ClipClient.ForAddress($"dns:///localhost:{server.GrpcAddress.Port}", options =>
        {
            options.ApiKey = TestCredentials.InferKey;
            options.Tls.CaFile = _credentials.CaFile;
        });
        await client.ListModelsAsync(Cancelled);
    }

    [Fact]
    public void Address_HttpWithTls_IsNotValid()
    {
        var error = Assert.Throws<OptionsValidationException>(() => ClipClient.ForAddress(
            "http://localhost:1", options => options.Tls.Enabled = true));
        Assert.Contains("is cleartext, but Tls is set", Assert.Single(error.Failures));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("client", "ClipClientOptions.Timeout sets the deadline, which is 90 s.")]
    [InlineData("call", "EmbedCallOptions.Timeout sets the deadline, which is 60 s.")]
    [InlineData("load", "ClipClientOptions.LoadTimeout sets the deadline, which is 120 s.")]
    public async Task Deadline_Passes_NamesTheServerAndTheOption(string kind, string hint)
    {
        await using var server = await ScriptedServer.StartAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var client = server.CreateClient(options =>
        {
            options.TimeProvider = clock;
            options.Timeout = TimeSpan.FromSeconds(90);
            options.LoadTimeout = TimeSpan.FromSeconds(120);
        });

        // The server enforces the deadline too; its CANCELLED arrives when the deadline has passed on this side.
        Task Expire()
        {
            clock.Advance(TimeSpan.FromMinutes(5));
            throw new RpcException(Status.DefaultCancelled);
        }

        server.Clip.Before = _ => Expire();
        server.Models.Before = _ => Expire();
        var error = await Assert.ThrowsAsync<ClipClientException>(() => kind switch
        {
            "client" => client.EmbedTextAsync("a", cancellationToken: Cancelled),
            "call" => client.EmbedTextAsync("a", new EmbedCallOptions { Timeout = TimeSpan.FromMinutes(1) }, Cancelled),
            _ => (Task)client.LoadModelAsync("demo", cancellationToken: Cancelled),
        });
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal($"The server at {server.Address} did not respond in time. {hint}", error.Message);
    }

    private static async Task<ClipClientException> FailAsync(params string[] addresses)
    {
        var options = new ClipClientOptions { MaxAttempts = 1 };
        foreach (var address in addresses)
            options.Addresses.Add(address);
        using var client = ClipClient.Create(options);
        return await Assert.ThrowsAsync<ClipClientException>(() => client.ListModelsAsync(Cancelled));
    }

    private static void AssertInvalid(string start, Action<ClipClientTlsOptions> configure)
    {
        var error = Assert.Throws<OptionsValidationException>(
            () => ClipClient.ForAddress("https://localhost:1", options => configure(options.Tls)));
        Assert.StartsWith(start, Assert.Single(error.Failures));
    }

    private Task<BareServer> StartAsync(Dictionary<string, string?> settings)
    {
        foreach (var (key, value) in _credentials.AccessSettings)
            settings[key] = value;
        return BareServer.StartAsync(Cancelled, settings);
    }

    private static string Address(BareServer server) => ListenerAddresses.Format(server.GrpcAddress);

    private static ClipClientOptions Options(BareServer server, Action<ClipClientTlsOptions> configure)
    {
        var options = new ClipClientOptions { Addresses = { Address(server) }, ApiKey = TestCredentials.InferKey };
        configure(options.Tls);
        return options;
    }

    private ClipClient Connect(BareServer server, string? key)
    {
        var options = Options(
            server, tls => tls.CaFile = server.GrpcAddress.Scheme == "https" ? _credentials.CaFile : null);
        options.ApiKey = key;
        return ClipClient.Create(options);
    }
}
