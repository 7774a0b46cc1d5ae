using ClipGrpc.Client;
using Grpc.Net.ClientFactory;
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
            Addresses = { "localhost", "http://a:1", "https://b:2" },
            Timeout = TimeSpan.Zero,
            LoadTimeout = TimeSpan.FromSeconds(-1),
            MaxMessageBytes = 1,
            MaxItemsPerCall = 0,
            MaxConcurrentCalls = 0,
            MaxAttempts = 0,
            RetryFor = TimeSpan.Zero,
            InitialRetryFor = TimeSpan.FromSeconds(-1),
            InitialBackoff = TimeSpan.Zero,
            MaxBackoff = TimeSpan.FromSeconds(-1),
        };

        var error = Assert.Throws<OptionsValidationException>(() => ClipClient.Create(options));

        string[] named =
        [
            "'localhost'", "all be http", "Timeout", "LoadTimeout", "MaxMessageBytes", "MaxItemsPerCall",
            "MaxConcurrentCalls", "MaxAttempts", "RetryFor", "InitialRetryFor", "InitialBackoff", "MaxBackoff",
        ];
        Assert.All(named, name => Assert.Contains(error.Failures, failure => failure.Contains(name)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("ftp://a:1")]
    [InlineData("http://a:1/path")]
    [InlineData("dns:///")]
    [InlineData("localhost")]
    [InlineData("localhost:port")]
    [InlineData("user:secret@localhost:1")]
    [InlineData("http://user:secret@localhost:1")]
    [InlineData("unix:")]
    [InlineData("unix://")]
    public void ForAddress_WrongAddress_Throws(string address) =>
        Assert.Throws<OptionsValidationException>(() => ClipClient.ForAddress(address));

    [Fact(Timeout = 30_000)]
    public async Task AddClipClient_Services_GiveAWorkingClientThatSharesItsLimits()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var services = new ServiceCollection();
        services.AddClipClient(options => options.Addresses.Add(server.Address));
        services.AddClipEmbeddingGenerator();
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

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddClipClient_NamedBesideTheDefault_AreIndependent(bool defaultFirst)
    {
        var token = TestContext.Current.CancellationToken;
        await using var first = await ScriptedServer.StartAsync();
        await using var second = await ScriptedServer.StartAsync();
        var services = new ServiceCollection();
        if (defaultFirst)
            services.AddClipClient(options => options.Addresses.Add(first.Address));
        services.AddClipClient("other", options => options.Addresses.Add(second.Address));
        if (!defaultFirst)
            services.AddClipClient(options => options.Addresses.Add(first.Address));
        services.AddClipEmbeddingGenerator();
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ClipClient>().EmbedTextAsync("default", cancellationToken: token);
        await provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>()
            .GenerateAsync("default", cancellationToken: token);
        await provider.GetRequiredService<GrpcClientFactory>().CreateClient<ClipClient>("other")
            .EmbedTextAsync("other", cancellationToken: token);

        Assert.All(Texts(first), text => Assert.Equal("default", text));
        Assert.Equal(2, first.Log.Count("Embed"));
        Assert.Equal(["other"], Texts(second));
        Assert.Single(provider.GetServices<ClipClient>());
        await provider.GetRequiredKeyedService<ClipClient>("other").EmbedTextAsync("keyed", cancellationToken: token);
        Assert.Equal(["other", "keyed"], Texts(second));
    }

    [Fact]
    public void AddClipClient_NamedOnly_IsNoDefault()
    {
        var services = new ServiceCollection();
        services.AddClipClient("one", options => options.Addresses.Add("http://localhost:1"));
        services.AddClipClient("two", options => options.Addresses.Add("http://localhost:2"));
        using var provider = services.BuildServiceProvider();

        Assert.Null(provider.GetService<ClipClient>());
        Assert.Equal(new Uri("http://localhost:1"), provider.GetRequiredKeyedService<ClipClient>("one").Address);
        Assert.Equal(new Uri("http://localhost:2"), provider.GetRequiredKeyedService<ClipClient>("two").Address);
    }

    [Fact]
    public void AddClipClient_WrongOptions_Throws()
    {
        var services = new ServiceCollection();
        services.AddClipClient(options => options.MaxAttempts = 0);
        using var provider = services.BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<ClipClient>());
    }

    private static IEnumerable<string> Texts(ScriptedServer server) =>
        server.Clip.EmbedRequests.SelectMany(request => request.Inputs.Select(input => input.Text));
}
