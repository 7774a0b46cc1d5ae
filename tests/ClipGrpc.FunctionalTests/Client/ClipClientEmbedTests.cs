using System.Text;
using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;
using AlphaMode = ClipGrpc.Client.AlphaMode;
using EmbeddingEncoding = ClipGrpc.Client.EmbeddingEncoding;
using ImageOptions = ClipGrpc.Client.ImageOptions;
using LongText = ClipGrpc.Client.LongText;
using PixelFormat = ClipGrpc.Client.PixelFormat;
using Priority = ClipGrpc.Client.Priority;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientEmbedTests
{
    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_Text_GivesVectorModelAndTokens()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var embedding = await client.EmbedTextAsync("cat", cancellationToken: token);

        Assert.Equal([3f, 'c', 0.5f], embedding.Vector.ToArray());
        Assert.Equal("demo", embedding.Model.Name);
        Assert.Equal("abc123", embedding.Model.Revision);
        Assert.Equal(3, embedding.TokenCount);
        Assert.Equal(1, embedding.Timings.BatchSize);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_Options_ReachTheServer()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var options = new EmbedCallOptions
        {
            Model = "other",
            Normalize = false,
            LongText = LongText.Reject,
            Priority = Priority.Bulk,
            Image = new ImageOptions { Alpha = AlphaMode.White },
        };

        await client.EmbedTextAsync("cat", options, token);

        var request = Assert.Single(server.Clip.EmbedRequests);
        Assert.Equal("other", request.Model);
        Assert.False(request.Options.Normalize);
        Assert.Equal(V1.LongText.Reject, request.Options.LongText);
        Assert.Equal(V1.Priority.Bulk, request.Options.Priority);
        Assert.Equal(V1.AlphaMode.White, request.Options.Image.Alpha);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_Float16_IsDecoded()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var embedding = await client.EmbedTextAsync(
            "cat", new EmbedCallOptions { Encoding = EmbeddingEncoding.Float16 }, token);

        Assert.Equal([3f, 'c', 0.5f], embedding.Vector.ToArray());
        Assert.Equal([(Half)3f, (Half)'c', (Half)0.5f], embedding.HalfVector.ToArray());
        Assert.Equal(3, embedding.Dimensions);
        Assert.True((await client.EmbedTextAsync("cat", cancellationToken: token)).HalfVector.IsEmpty);
    }

    [Fact]
    public void HalfVector_OfAResponse_IsItsMemory()
    {
        byte[] bytes = [.. BitConverter.GetBytes((Half)1), .. BitConverter.GetBytes((Half)(-2))];
        var response = new EmbedResult
        {
            Embedding = new Embedding { ValuesFloat16 = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(bytes) },
        };

        var embedding = Responses.Embedding(response, null, null).Value;

        Assert.Equal([(Half)1, (Half)(-2)], embedding.HalfVector.ToArray());
        Assert.Equal((Half)(-2), embedding.HalfVector[1..].Span[0]);
        using (embedding.HalfVector[1..].Pin())
            BitConverter.TryWriteBytes(bytes.AsSpan(2), (Half)5);
        Assert.Equal((Half)5, embedding.HalfVector.Span[1]);
        Assert.Equal([1f, 5f], embedding.Vector.ToArray());
        Assert.Equal([1f, 5f], ClipModelFactory.HalfEmbedding(embedding.HalfVector).Vector.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImageAsync_EverySource_SendsTheBytes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var folder = new TemporaryFolder();
        var bytes = Encoding.UTF8.GetBytes("payload");
        var pixels = new byte[2 * 2 * 3];
        pixels[0] = 7;

        var results = new[]
        {
            await client.EmbedImageAsync(ClipImage.FromBytes(bytes), cancellationToken: token),
            await client.EmbedImageAsync(ClipImage.FromStream(new MemoryStream(bytes)), cancellationToken: token),
            await client.EmbedImageAsync(
                ClipImage.FromFile(folder.Write("a.png", "payload")), cancellationToken: token),
            await client.EmbedImageAsync(
                ClipImage.FromPixels(pixels, 2, 2, PixelFormat.Rgb24), cancellationToken: token),
        };

        Assert.All(results[..3], result => Assert.Equal([7f, 'p', 0.5f], result.Vector.ToArray()));
        Assert.Equal([12f, 7f, 0.5f], results[3].Vector.ToArray());
        var raw = server.Clip.EmbedRequests.Last().Inputs.Single().Image.Raw;
        Assert.Equal((2u, 2u, V1.PixelFormat.Rgb24), (raw.Width, raw.Height, raw.Format));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImageAsync_BadImage_ThrowsTheItemsError()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(ClipImage.FromBytes("bad"u8.ToArray()), cancellationToken: token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("inputs: this is bad.", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImageAsync_MissingFile_ThrowsWithoutACall()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(ClipImage.FromFile("no/such.png"), cancellationToken: token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("no/such.png cannot be read: the file does not exist.", error.Message);
        Assert.Empty(server.Log.Calls);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_LargerThanAMessage_ThrowsWithoutACall()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.MaxMessageBytes = 2048);

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync(new string('x', 3000), cancellationToken: token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("too large", error.Message);
        Assert.Empty(server.Log.Calls);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_WrongNumberOfResults_IsAnInternalError()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = _ => new EmbedResponse();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_Cancelled_ThrowsOperationCanceled()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var arrived = new TaskCompletionSource();
        server.Clip.Before = async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var client = server.CreateClient();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);

        var call = client.EmbedTextAsync("cat", cancellationToken: cancel.Token);
        await arrived.Task.WaitAsync(ScriptedServer.Patience, token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call).WaitAsync(ScriptedServer.Patience, token);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_DeadlinePasses_IsDeadlineExceeded()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.Before = context => Task.Delay(
            Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        using var client = server.CreateClient(options => options.Timeout = TimeSpan.FromMilliseconds(50));

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token))
            .WaitAsync(ScriptedServer.Patience, token);

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }
}
