using ClipGrpc.Client;
using Grpc.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipEmbeddingGeneratorTests
{
    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_Texts_GivesVectorsAndUsage()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using IEmbeddingGenerator<string, Embedding<float>> generator = new ClipTextEmbeddingGenerator(client);

        var embeddings = await generator.GenerateAsync(
            ["a", "bb", "ccc", "dddd", "eeeee"],
            new EmbeddingGenerationOptions { ModelId = "other", Dimensions = 3 },
            token);

        Assert.Equal([1f, 2f, 3f, 4f, 5f], embeddings.Select(embedding => embedding.Vector.Span[0]));
        Assert.All(embeddings, embedding => Assert.Equal("demo", embedding.ModelId));
        Assert.Equal(15, embeddings.Usage?.InputTokenCount);
        Assert.All(server.Clip.EmbedRequests, request => Assert.Equal("other", request.Model));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_Images_GivesVectors()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using IEmbeddingGenerator<ClipImage, Embedding<float>> generator = new ClipImageEmbeddingGenerator(client);

        var embeddings = await generator.GenerateAsync([ClipImage.FromBytes("payload"u8.ToArray())], null, token);

        Assert.Equal(7f, Assert.Single(embeddings).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_BadItem_ThrowsAndNamesIt()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = new ClipTextEmbeddingGenerator(client);

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => generator.GenerateAsync(["a", "bad"], null, token));

        Assert.Equal((StatusCode.InvalidArgument, "Value 1: inputs: this is bad."), (error.StatusCode, error.Message));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_OtherDimensions_AreNotSupported()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = new ClipTextEmbeddingGenerator(client);

        await Assert.ThrowsAsync<NotSupportedException>(
            () => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 2 }, token));
    }

    [Fact]
    public void GetService_Metadata_SaysProviderAddressAndModel()
    {
        using var client = ClipClient.ForAddress("http://localhost:1");
        using IEmbeddingGenerator generator = new ClipTextEmbeddingGenerator(
            client, new EmbedCallOptions { Model = "m" });

        var metadata = generator.GetService<EmbeddingGeneratorMetadata>();

        Assert.Equal(
            ("clip-grpc", new Uri("http://localhost:1"), "m"),
            (metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId));
        Assert.Same(client, generator.GetService<ClipClient>());
        Assert.Null(generator.GetService<string>());
    }

    [Fact(Timeout = 30_000)]
    public async Task GetService_MetadataAfterACall_HasRevisionAndDimensions()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using IEmbeddingGenerator<string, Embedding<float>> generator = new ClipTextEmbeddingGenerator(client);
        var before = generator.GetService<ClipEmbeddingGeneratorMetadata>()!;

        var embedding = (await client.EmbedTextsAsync(["a"], cancellationToken: token))[0].Value!;
        await generator.GenerateAsync(["a"], null, token);

        var after = generator.GetService<EmbeddingGeneratorMetadata>() as ClipEmbeddingGeneratorMetadata;
        Assert.Equal((null, null, null), (before.DefaultModelId, before.Revision, before.DefaultModelDimensions));
        Assert.Equal(
            (embedding.Model.Name, embedding.Model.Revision, 3),
            (after?.DefaultModelId, after?.Revision, after?.DefaultModelDimensions));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_DataContent_EmbedsImages()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using IEmbeddingGenerator<DataContent, Embedding<float>> generator =
            new ClipDataContentEmbeddingGenerator(client);

        var embedding = await generator.GenerateAsync(
            new DataContent("payload"u8.ToArray(), "image/png"), cancellationToken: token);
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(
            [new DataContent("payload"u8.ToArray(), "image/png"), new DataContent("a"u8.ToArray(), "audio/wav")],
            null,
            token));

        Assert.Equal(7f, embedding.Vector.Span[0]);
        Assert.Equal("Value 1: it has the media type audio/wav; only image/… can be embedded.", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task AddClipEmbeddingGenerator_NameAndPipeline_IsAKeyedServiceWithACache()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var services = new ServiceCollection();
        services.AddLogging().AddDistributedMemoryCache();
        services.AddClipClient("photos", options => options.Addresses.Add(server.Address));
        services.AddClipEmbeddingGenerator("photos")
            .UseClipRevision().UseDistributedCache().UseOpenTelemetry().UseLogging();
        services.AddClipImageEmbeddingGenerator("photos");
        services.AddClipDataContentEmbeddingGenerator("photos");
        await using var provider = services.BuildServiceProvider();
        var texts = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("photos");

        var first = await texts.GenerateAsync("cat", cancellationToken: token);
        var second = await texts.GenerateAsync("cat", cancellationToken: token);

        Assert.Equal(first.Vector.ToArray(), second.Vector.ToArray());
        Assert.Equal(1, server.Log.Count("Embed"));
        Assert.Null(provider.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.IsType<ClipImageEmbeddingGenerator>(
            provider.GetRequiredKeyedService<IEmbeddingGenerator<ClipImage, Embedding<float>>>("photos"));
        Assert.IsType<ClipDataContentEmbeddingGenerator>(
            provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>("photos"));
    }
}
