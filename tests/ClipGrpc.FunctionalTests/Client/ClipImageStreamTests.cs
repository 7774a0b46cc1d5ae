using System.IO.Pipes;
using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>An image whose bytes come only once sends all of them in every call, or says that it cannot.</summary>
public sealed class ClipImageStreamTests
{
    private static readonly byte[] Payload = "a payload of several chunks"u8.ToArray();

    private static readonly float[] Whole = [Payload.Length, 'a', 0.5f];

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FromStream_TwoCallsAtOnce_BothSendAllBytes(bool seekable)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var stream = new GatedStream(Payload, seekable);
        var image = ClipImage.FromStream(stream);

        var first = client.EmbedImageAsync(image, cancellationToken: token);
        await stream.ReadBeginsAsync();
        var second = client.EmbedImageAsync(image, cancellationToken: token);
        stream.Open();

        Assert.Equal(Whole, (await first).Vector.ToArray());
        Assert.Equal(Whole, (await second).Vector.ToArray());
        Assert.Equal(Whole, (await client.EmbedImageAsync(image, cancellationToken: token)).Vector.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task FromStream_SeekableAfterACancelledCall_SendsAllBytes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var stream = new GatedStream(Payload, seekable: true);
        var image = ClipImage.FromStream(stream);
        await CancelMidwayAsync(client, stream, image);

        stream.Open();
        var embedding = await client.EmbedImageAsync(image, cancellationToken: token);

        Assert.Equal(Whole, embedding.Vector.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task FromStream_UnseekableAfterACancelledCall_SaysSo()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var stream = new GatedStream(Payload, seekable: false);
        var image = ClipImage.FromStream(stream, "upload.png");
        await CancelMidwayAsync(client, stream, image);

        stream.Open();
        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(image, cancellationToken: token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("upload.png cannot be read: an earlier call was cancelled", error.Message);
        Assert.Equal(0, server.Log.Count("Embed"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FromStream_FirstOfTwoCallsCancelled_OtherSendsAllBytes(bool seekable)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);
        var stream = new GatedStream(Payload, seekable);
        var image = ClipImage.FromStream(stream);
        var first = client.EmbedImageAsync(image, cancellationToken: cancel.Token);
        await stream.ReadBeginsAsync();
        var second = client.EmbedImageAsync(image, cancellationToken: token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        stream.Open();

        Assert.Equal(Whole, (await second).Vector.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task FromStream_TooLargeForOneClient_IsWholeForAnother()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var small = server.CreateClient(options => options.MaxMessageBytes = 1024);
        using var large = server.CreateClient();
        var image = ClipImage.FromStream(new MemoryStream(new byte[300_000]));

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => small.EmbedImageAsync(image, cancellationToken: token));
        var embedding = await large.EmbedImageAsync(image, cancellationToken: token);

        Assert.Contains("too large", error.Message);
        Assert.Equal(300_000f, embedding.Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task FromStream_Disposed_IsAnErrorOfTheItem()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var stream = new MemoryStream(Payload);
        var image = ClipImage.FromStream(stream, "upload.png");
        await stream.DisposeAsync();

        var results = await client.EmbedImagesAsync([image], cancellationToken: token);

        Assert.StartsWith("upload.png cannot be read: ", Assert.Single(results).Error!.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task FromFile_PipeInTwoCalls_SendsTheSameBytes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Opens a pipe through /proc.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        await using (var writer = new AnonymousPipeClientStream(PipeDirection.Out, pipe.ClientSafePipeHandle))
        {
            await writer.WriteAsync(Payload, token);
        }

        var image = ClipImage.FromFile($"/proc/self/fd/{pipe.SafePipeHandle.DangerousGetHandle()}");
        var first = await client.EmbedImageAsync(image, cancellationToken: token);
        var second = await client.EmbedImageAsync(image, cancellationToken: token);

        Assert.Equal(Whole, first.Vector.ToArray());
        Assert.Equal(Whole, second.Vector.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task FromFile_LongerThanItsLength_IsNotCutSilently()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads a file of /proc, whose length is always 0.");
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(ClipImage.FromFile("/proc/self/status"), cancellationToken: token));

        Assert.Contains("grows while it is read", error.Message);
    }

    private static async Task CancelMidwayAsync(ClipClient client, GatedStream stream, ClipImage image)
    {
        using var cancel = new CancellationTokenSource();
        var call = client.EmbedImageAsync(image, cancellationToken: cancel.Token);
        await stream.ReadBeginsAsync();
        stream.AllowOne();
        await stream.ReadBeginsAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call).WaitAsync(ScriptedServer.Patience);
    }
}
