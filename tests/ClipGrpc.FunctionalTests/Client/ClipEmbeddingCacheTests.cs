using System.Text.Json;
using ClipGrpc.Client;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using ColorRange = ClipGrpc.Client.ColorRange;
using PixelFormat = ClipGrpc.Client.PixelFormat;
using Priority = ClipGrpc.Client.Priority;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>A cache over a generator gives the vector of this content, from this model's revision.</summary>
public sealed class ClipEmbeddingCacheTests
{
    private readonly Dictionary<string, Embedding<float>> _cache = [];
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_ImagesOfOneName_HaveVectorsOfTheirOwn()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = new CachingGenerator<ClipImage>(new ClipImageEmbeddingGenerator(client), _cache);
        var pixels = new byte[12];

        var embeddings = await generator.GenerateAsync(
            [
                ClipImage.FromBytes("one"u8.ToArray(), "upload.png"),
                ClipImage.FromBytes("three"u8.ToArray(), "upload.png"),
                ClipImage.FromBytes("four"u8.ToArray()),
                ClipImage.FromStream(new MemoryStream("eleven"u8.ToArray())),
                ClipImage.FromPixels(pixels, 2, 2, PixelFormat.Rgb24),
                ClipImage.FromPixels(pixels, 4, 1, PixelFormat.Rgb24),
                ClipImage.FromPixels(pixels, 4, 1, PixelFormat.Rgb24, rotationDegrees: 90),
                ClipImage.FromPixels(pixels, 4, 2, PixelFormat.Nv12),
                ClipImage.FromPixels(pixels, 4, 2, PixelFormat.Nv12, colorRange: ColorRange.Full),
            ],
            null,
            token);

        Assert.Equal(
            [3f, 5f, 4f, 6f, 12f, 12f, 12f, 12f, 12f], embeddings.Select(embedding => embedding.Vector.Span[0]));
        Assert.Equal(9, _cache.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_OneContentFromSeveralSources_IsEmbeddedOnce()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = new CachingGenerator<ClipImage>(new ClipImageEmbeddingGenerator(client), _cache);
        using var folder = new TemporaryFolder();

        var embeddings = await generator.GenerateAsync(
            [
                ClipImage.FromStream(new MemoryStream("payload"u8.ToArray())),
                ClipImage.FromFile(folder.Write("a.png", "payload")),
                ClipImage.FromBytes("payload"u8.ToArray(), "name"),
            ],
            null,
            token);

        Assert.All(embeddings, embedding => Assert.Equal(7f, embedding.Vector.Span[0]));
        Assert.Equal(1, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_FileIsReplaced_GivesTheVectorOfTheNewContent()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = new CachingGenerator<ClipImage>(new ClipImageEmbeddingGenerator(client), _cache);
        using var folder = new TemporaryFolder();

        await generator.GenerateAsync([ClipImage.FromFile(folder.Write("a.png", "old"))], null, token);
        var embeddings = await generator.GenerateAsync(
            [ClipImage.FromFile(folder.Write("a.png", "replaced"))], null, token);

        Assert.Equal(8f, embeddings[0].Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImageAsync_FileChangesAfterItWasIdentified_IsAnError()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var folder = new TemporaryFolder();
        var image = ClipImage.FromFile(folder.Write("a.png", "old"));
        JsonSerializer.Serialize(image);
        folder.Write("a.png", "new");

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(image, cancellationToken: token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.EndsWith("has changed since its content was identified; create a new ClipImage for it.", error.Message);
        Assert.Throws<ClipClientException>(() => JsonSerializer.Serialize(image));
    }

    [Fact]
    public void Deserialize_Image_IsNotSupported() =>
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<ClipImage>("\"sha256:00\""));

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_SameTextsAndRevision_AreCached()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = Texts(client);

        await generator.GenerateAsync(["a", "b"], null, token);
        await generator.GenerateAsync(["b", "a"], null, token);

        Assert.Equal(2, server.Log.Count("Embed"));
        Assert.All(server.Clip.EmbedRequests, request => Assert.Equal("demo", request.Model));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_OtherRevisionAfterAWhile_IsEmbeddedAgain()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.TimeProvider = _clock);
        using var generator = Texts(client);
        await generator.GenerateAsync(["a"], null, token);

        Serve(server, "def456", 9);
        _clock.Advance(TimeSpan.FromMinutes(2));
        var embeddings = await generator.GenerateAsync(["a"], null, token);

        Assert.Equal(9f, embeddings[0].Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_OtherRevisionInTheResponse_IsNotCachedUnderTheOldOne()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.TimeProvider = _clock);
        using var generator = Texts(client);
        await generator.GenerateAsync(["a"], null, token);

        Serve(server, "def456", 9);
        var other = await generator.GenerateAsync(["b"], null, token);
        var same = await generator.GenerateAsync(["a"], null, token);

        Assert.Equal(9f, other[0].Vector.Span[0]);
        Assert.Equal(9f, same[0].Vector.Span[0]);
        Assert.Equal(3, _cache.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_RevisionChangesAgainAndAgain_IsAborted()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = Texts(client);
        var calls = 0;
        server.Clip.OnEmbed = request => Response(request, $"revision {++calls}", 9);

        var error = await Assert.ThrowsAsync<ClipClientException>(() => generator.GenerateAsync(["a"], null, token));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal(3, calls);
        Assert.Empty(_cache);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_OtherOptions_HaveVectorsOfTheirOwn()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var normalized = Texts(client);
        using var bulk = Texts(client, new EmbedCallOptions { Priority = Priority.Bulk });
        using var unnormalized = Texts(client, new EmbedCallOptions { Normalize = false });

        await normalized.GenerateAsync(["a"], null, token);
        await bulk.GenerateAsync(["a"], null, token);
        await unnormalized.GenerateAsync(["a"], null, token);

        Assert.Equal(2, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenerateAsync_UnknownModel_IsNotFound()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var generator = Texts(client);

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { ModelId = "missing" }, token));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public void Constructor_NoClipGeneratorInside_Throws()
    {
        using var client = ClipClient.ForAddress("http://localhost:1");
        using var images = new CachingGenerator<ClipImage>(new ClipImageEmbeddingGenerator(client), _cache);
        using var generator = new ClipRevisionEmbeddingGenerator<ClipImage>(images);

        Assert.Same(client, generator.GetService<ClipClient>());
        Assert.Throws<ArgumentException>(() => new ClipRevisionEmbeddingGenerator<string>(new NoGenerator()));
    }

    private ClipRevisionEmbeddingGenerator<string> Texts(ClipClient client, EmbedCallOptions? options = null) =>
        new(new CachingGenerator<string>(new ClipTextEmbeddingGenerator(client, options), _cache));

    private static void Serve(ScriptedServer server, string revision, float value)
    {
        server.Models.Demo.Revision = revision;
        server.Clip.OnEmbed = request => Response(request, revision, value);
    }

    private static EmbedResponse Response(EmbedRequest request, string revision, float value) => new()
    {
        Model = new ModelRef { Name = "demo", Revision = revision },
        Results =
        {
            request.Inputs.Select(_ => new EmbedResult { Embedding = new V1.Embedding { Values = { value, 0, 0 } } }),
        },
    };

    private sealed class NoGenerator : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
