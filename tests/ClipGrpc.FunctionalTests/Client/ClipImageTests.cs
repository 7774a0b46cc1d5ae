using ClipGrpc.Client;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipImageTests
{
    [Theory]
    [InlineData(PixelFormat.Rgb24, 4, 3, 0, 36)]
    [InlineData(PixelFormat.Bgra32, 4, 3, 0, 48)]
    [InlineData(PixelFormat.Gray8, 4, 3, 8, 20)]
    [InlineData(PixelFormat.Nv12, 4, 4, 0, 24)]
    [InlineData(PixelFormat.I420, 5, 3, 0, 27)]
    [InlineData(PixelFormat.I420, 4, 4, 8, 46)]
    public void FromPixels_OneByteTooFew_Throws(PixelFormat format, int width, int height, int stride, int needed)
    {
        ClipImage.FromPixels(new byte[needed], width, height, format, stride);
        Assert.Throws<ArgumentException>(
            () => ClipImage.FromPixels(new byte[needed - 1], width, height, format, stride));
    }

    [Fact]
    public void FromPixels_WrongNumbers_Throws()
    {
        Assert.ThrowsAny<ArgumentException>(() => ClipImage.FromPixels(new byte[9], 0, 1, PixelFormat.Rgb24));
        Assert.ThrowsAny<ArgumentException>(() => ClipImage.FromPixels(new byte[9], 1, -1, PixelFormat.Rgb24));
        Assert.ThrowsAny<ArgumentException>(() => ClipImage.FromPixels(new byte[9], 1, 1, default));
        Assert.ThrowsAny<ArgumentException>(() => ClipImage.FromPixels(new byte[9], 2, 1, PixelFormat.Rgb24, 5));
        Assert.ThrowsAny<ArgumentException>(
            () => ClipImage.FromPixels(new byte[9], int.MaxValue, int.MaxValue, PixelFormat.Rgba32));
    }

    [Fact(Timeout = 30_000)]
    public async Task FromStream_SecondCall_SendsTheSameBytes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var image = ClipImage.FromStream(new MemoryStream("payload"u8.ToArray()));

        await client.EmbedImageAsync(image, cancellationToken: token);
        var second = await client.EmbedImageAsync(image, cancellationToken: token);

        Assert.Equal(7f, second.Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task FromFile_Folder_SaysSo()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var folder = new TemporaryFolder();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedImageAsync(ClipImage.FromFile(folder.Path), cancellationToken: token));

        Assert.EndsWith("cannot be read: it is a folder.", error.Message);
    }
}
