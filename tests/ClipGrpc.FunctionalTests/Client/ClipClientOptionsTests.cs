using ClipGrpc.Client;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientOptionsTests
{
    [Fact]
    public void Create_WrongOptions_NamesEachMistake()
    {
        var options = new ClipClientOptions
        {
            Addresses = { "localhost:50051", "http://a:1", "https://b:2" },
            Timeout = TimeSpan.Zero,
            LoadTimeout = TimeSpan.FromSeconds(-1),
            MaxMessageBytes = 1,
            MaxItemsPerCall = 0,
            MaxConcurrentCalls = 0,
            MaxAttempts = 6,
            InitialBackoff = TimeSpan.Zero,
            MaxBackoff = TimeSpan.FromSeconds(-1),
        };

        var error = Assert.Throws<OptionsValidationException>(() => ClipClient.Create(options));

        string[] named =
        [
            "'localhost:50051'", "all be http", "Timeout", "LoadTimeout", "MaxMessageBytes", "MaxItemsPerCall",
            "MaxConcurrentCalls", "MaxAttempts", "InitialBackoff", "MaxBackoff",
        ];
        Assert.All(named, name => Assert.Contains(error.Failures, failure => failure.Contains(name)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("ftp://a:1")]
    [InlineData("http://a:1/path")]
    [InlineData("dns:///")]
    public void ForAddress_WrongAddress_Throws(string address) =>
        Assert.Throws<OptionsValidationException>(() => ClipClient.ForAddress(address));

    [Fact(Timeout = 30_000)]
    public async Task AddClipClient_Services_GiveAWorkingClientThatSharesItsLimits()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var services = new ServiceCollection();
        services.AddClipClient(options => options.Addresses.Add(server.Address));
        services.AddClipEmbeddingGenerators();
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ClipClient>().EmbedTextsAsync(["a"], cancellationToken: token);
        await provider.GetRequiredService<ClipClient>().EmbedTextsAsync(["a"], cancellationToken: token);
        var generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var embedding = await generator.GenerateAsync("cat", cancellationToken: token);

        Assert.Equal([3f, 'c', 0.5f], embedding.Vector.ToArray());
        Assert.Equal(1, server.Log.Count("ListModels"));
        Assert.NotEqual(DateTime.MaxValue, server.Log.Calls[0].Deadline);
    }

    [Fact(Timeout = 30_000)]
    public async Task AddClipClient_Factory_RepeatsAndBalances()
    {
        var token = TestContext.Current.CancellationToken;
        await using var first = await ScriptedServer.StartAsync();
        await using var second = await ScriptedServer.StartAsync();
        var services = new ServiceCollection();
        services.AddClipClient(options =>
        {
            options.Addresses.Add(first.Address);
            options.Addresses.Add(second.Address);
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<ClipClient>();
        var failed = 0;
        foreach (var server in new[] { first, second })
        {
            server.Clip.Before = _ => Interlocked.Exchange(ref failed, 1) == 0
                ? throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "not now"))
                : Task.CompletedTask;
        }

        while (first.Log.Calls.Count == 0 || second.Log.Calls.Count == 0)
            await client.EmbedTextAsync("a", cancellationToken: token);

        Assert.Equal(1, failed);
    }

    [Fact]
    public void AddClipClient_WrongOptions_Throws()
    {
        var services = new ServiceCollection();
        services.AddClipClient(options => options.MaxAttempts = 0);
        using var provider = services.BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<ClipClient>());
    }
}
