using System.Text.Json;
using ClipGrpc.Client;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using LogRecorder = ClipGrpc.FunctionalTests.Server.LogRecorder;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>The client's API key and headers: where they are sent, and where they are not.</summary>
public sealed class ClipClientCredentialTests
{
    private const string Key = "a-key-that-nobody-may-see";
    private const string Bearer = $"Bearer {Key}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task ApiKey_EveryKindOfCall_CarriesItAndTheHeaders()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options =>
        {
            options.ApiKey = Key;
            options.Headers["X-Tenant"] = "blue";
        });
        var image = ClipImage.FromBytes("payload"u8.ToArray());
        var labels = await client.CreateLabelSetAsync(new ClipLabels(["a"]), cancellationToken: Cancelled);
        EmbedStreamItem[] items = [new("1", "a")];
        VideoFrame[] frames = [new(1, TimeSpan.Zero, image)];

        await client.EmbedTextsAsync(["a", "b"], cancellationToken: Cancelled);
        await client.ClassifyAsync(image, labels, cancellationToken: Cancelled);
        await client.RankAsync("a", ["b"], cancellationToken: Cancelled);
        await client.EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: Cancelled).ToArrayAsync(Cancelled);
        await client.ClassifyVideoAsync(frames.ToAsyncEnumerable(), labels, cancellationToken: Cancelled)
            .ToArrayAsync(Cancelled);
        await client.LoadModelAsync("some/source", cancellationToken: Cancelled);
        await client.RawClip.EmbedAsync(new EmbedRequest(), cancellationToken: Cancelled);
        await client.CheckHealthAsync(cancellationToken: Cancelled);

        Assert.Equal(9, server.Log.Calls.Select(call => call.Method).Distinct().Count());
        Assert.All(server.Log.Keys, key => Assert.Equal(Bearer, key));
        Assert.Equal("blue", server.Log.LastHeaders.GetValue("x-tenant"));
    }

    [Fact(Timeout = 60_000)]
    public async Task ApiKey_RetriesAndResumedStreams_CarryIt()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.ApiKey = Key);
        var failed = 0;
        server.Clip.Before = _ => failed++ < 2
            ? throw new RpcException(new Status(StatusCode.Unavailable, "not now"))
            : Task.CompletedTask;
        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        var streams = 0;
        var answer = server.Clip.OnEmbedStream;
        server.Clip.OnEmbedStream = (requests, responses, context) => streams++ == 0
            ? throw new RpcException(new Status(StatusCode.Unavailable, "stopping"))
            : answer(requests, responses, context);
        EmbedStreamItem[] items = [new("1", "a"), new("2", "b")];
        var results = await client.EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: Cancelled)
            .ToArrayAsync(Cancelled);

        Assert.Equal(2, results.Length);
        Assert.Equal((3, 2), (server.Log.Count("Embed"), server.Log.Count("EmbedStream")));
        Assert.All(server.Log.Keys, key => Assert.Equal(Bearer, key));
    }

    [Fact(Timeout = 60_000)]
    public async Task ApiKey_IsReplaced_NextCallHasTheNewOne()
    {
        await using var server = await ScriptedServer.StartAsync();
        var options = new ClipClientOptions { Addresses = { server.Address }, ApiKey = "old" };
        using var client = ClipClient.Create(options);
        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        options.ApiKey = "new";
        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        Assert.Equal(["Bearer old", "Bearer new"], server.Log.Keys);
    }

    [Fact(Timeout = 60_000)]
    public async Task Headers_OfOneCall_TakePrecedence()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.Headers["x-tenant"] = "blue");
        await client.RawClip.EmbedAsync(
            new EmbedRequest(), new Metadata { { "x-tenant", "red" } }, cancellationToken: Cancelled);
        Assert.Equal("red", Assert.Single(server.Log.LastHeaders.GetAll("x-tenant")).Value);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ApiKey_OnAChannelOfTheCallersWithoutTls_IsSentOnlyIfTheChannelAllowsIt(bool allows)
    {
        await using var server = await ScriptedServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(
            server.Address, new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = allows });
        using var client = new ClipClient(channel.CreateCallInvoker(), new ClipClientOptions { ApiKey = Key });
        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        Assert.Equal([allows ? Bearer : null], server.Log.Keys);
    }

    [Theory]
    [InlineData("http://clip.example:50051")]
    [InlineData("clip.example:50051")]
    [InlineData("dns:///clip.example:50051")]
    [InlineData("http://192.168.1.5:50051")]
    public void Create_SecretsInCleartextToAnotherMachine_IsNotValidUnlessAllowed(string address)
    {
        void Configure(ClipClientOptions options)
        {
            options.ApiKey = Key;
            options.Headers["cookie"] = $"session={Key}";
            options.Headers["x-tenant"] = "blue";
        }

        var error = Assert.Throws<OptionsValidationException>(() => ClipClient.ForAddress(address, Configure));
        Assert.Equal(2, error.Failures.Count());
        Assert.All(error.Failures, failure => Assert.Contains("cleartext", failure));
        Assert.DoesNotContain(Key, error.ToString());
        ClipClient.ForAddress(address, options =>
        {
            Configure(options);
            options.AllowCleartextCredentials = true;
        }).Dispose();
    }

    [Theory]
    [InlineData("http://localhost:1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:1")]
    [InlineData("dns:///localhost:1")]
    [InlineData("unix:/run/clip.sock")]
    [InlineData("https://clip.example:1")]
    public void Create_SecretsThatStayOnTheMachineOrAreEncrypted_AreValid(string address) =>
        ClipClient.ForAddress(address, options => options.ApiKey = Key).Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("a key")]
    [InlineData("secret\n")]
    [InlineData("schlüssel")]
    public void Create_KeyThatNoHeaderCanCarry_IsNotValidAndNotShown(string key)
    {
        var error = Assert.Throws<OptionsValidationException>(
            () => ClipClient.ForAddress("http://localhost:1", options => options.ApiKey = key));
        Assert.StartsWith("ApiKey must be", Assert.Single(error.Failures));
        if (key.Length > 0)
            Assert.DoesNotContain(key, error.ToString());
    }

    [Theory]
    [InlineData("grpc-timeout", "1S")]
    [InlineData("data-bin", "x")]
    [InlineData("two words", "x")]
    [InlineData("x-tenant", "a\nb")]
    [InlineData("Authorization", "Basic x")]
    public void Create_HeadersThatCannotBeSent_AreNotValid(string name, string value)
    {
        var error = Assert.Throws<OptionsValidationException>(() => ClipClient.ForAddress(
            "http://localhost:1",
            options =>
            {
                options.ApiKey = Key;
                options.Headers[name] = value;
            }));
        Assert.Contains($"'{name}'", Assert.Single(error.Failures));
    }

    [Fact]
    public void Options_AsTextOrJson_DoNotShowSecrets()
    {
        var options = new ClipClientOptions
        {
            Addresses = { "https://clip.example" },
            ApiKey = Key,
            Headers = { ["x-api-key"] = Key },
        };
        Assert.DoesNotContain(Key, options.ToString());
        Assert.StartsWith("https://clip.example; API key: set; headers: x-api-key; ", options.ToString());
        Assert.DoesNotContain(Key, JsonSerializer.Serialize(new { options.Addresses, options.ApiKey }.Addresses));
        Assert.NotNull(typeof(ClipClientOptions).GetProperty(nameof(options.ApiKey))!
            .GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonIgnoreAttribute), false).SingleOrDefault());
    }

    [Fact(Timeout = 60_000)]
    public async Task AddClipClient_BoundToConfiguration_SendsTheKeyAndLogsItNowhere()
    {
        await using var server = await ScriptedServer.StartAsync();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clip:Addresses:0"] = server.Address,
            ["Clip:ApiKey"] = Key,
            ["Clip:Headers:x-tenant"] = "blue",
            ["Clip:Timeout"] = "00:01:00",
        }).Build();
        var log = new LogRecorder();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        services.AddClipClient(configuration.GetSection("Clip").Bind);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<ClipClient>();

        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        server.Clip.Before = _ => throw new RpcException(new Status(StatusCode.Unauthenticated, "No."));
        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: Cancelled));

        Assert.All(server.Log.Keys, key => Assert.Equal(Bearer, key));
        Assert.Equal("blue", server.Log.LastHeaders.GetValue("x-tenant"));
        Assert.Equal("No. The key of ClipClientOptions.ApiKey was sent.", error.Message);
        Assert.DoesNotContain(Key, error.ToString());
        Assert.NotEmpty(log.Records);
        Assert.DoesNotContain(
            log.Records, record => record.Text.Contains(Key) || record.Exception?.ToString().Contains(Key) == true);
    }

    [Fact(Timeout = 60_000)]
    public async Task OnServerLost_WithAKey_IsCalledWithoutIt()
    {
        await using var server = await ScriptedServer.StartAsync();
        var lost = new List<string>();
        using var client = server.CreateClient(options =>
        {
            options.ApiKey = Key;
            options.OnServerLost = error => lost.Add(error.ToString());
        });
        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        var failed = 0;
        server.Clip.Before = _ => failed++ == 0
            ? throw new RpcException(new Status(StatusCode.Unavailable, "not now"))
            : Task.CompletedTask;
        await client.EmbedTextAsync("a", cancellationToken: Cancelled);
        Assert.DoesNotContain(Key, Assert.Single(lost));
        Assert.Equal(3, server.Log.Keys.Count(key => key == Bearer));
    }
}
