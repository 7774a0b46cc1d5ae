using ClipGrpc.Client;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Server.Rpc;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;
using CropRounding = ClipGrpc.Imaging.Resizing.CropRounding;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Raw frames of a video are prepared by the client where that makes them smaller.</summary>
public sealed class FramePreparationTests(DemoServer demo)
{
    private const int Size = 64;
    private static readonly ClipLabels Labels = new(["cat", "dog"]);

    [Fact(Timeout = 30_000)]
    public async Task ClassifyVideoAsync_LargeRawFrames_AreSentInTheModelsSize()
    {
        await using var server = await StartAsync();

        await ClassifyAsync(server, new VideoCallOptions(), Raw(200, 100), Raw(100, 300), Raw(80, 80));

        Assert.Equal(3, server.Clip.Frames.Count);
        Assert.All(server.Clip.Frames, image => Assert.Equal(
            (V1.PixelFormat.Rgb24, 64u, 64u, Size * Size * 3),
            (image.Raw.Format, image.Raw.Width, image.Raw.Height, image.Raw.Data.Length)));
        Assert.Equal(1, server.Log.Count("ListModels"));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyVideoAsync_SmallFramesAndFiles_AreSentAsTheyAre()
    {
        await using var server = await StartAsync();

        await ClassifyAsync(
            server, new VideoCallOptions(), Raw(10, 20), Raw(Size, Size), ClipImage.FromBytes("file"u8.ToArray()));

        var frames = server.Clip.Frames.ToArray();
        Assert.Equal((10u, 20u), (frames[0].Raw.Width, frames[0].Raw.Height));
        Assert.Equal(Size * Size * 3, frames[1].Raw.Data.Length);
        Assert.Equal("file", frames[2].Encoded.ToStringUtf8());
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyVideoAsync_PreparationByTheServer_SendsFramesAsTheyAre()
    {
        await using var server = await StartAsync();

        await ClassifyAsync(server, new VideoCallOptions { Prepare = FramePreparation.Server }, Raw(200, 100));

        Assert.Equal(200u, server.Clip.Frames.Single().Raw.Width);
        Assert.Equal(0, server.Log.Count("ListModels"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("not reported")]
    [InlineData("not permitted")]
    public async Task ClassifyVideoAsync_PreparationNotKnown_SendsFramesAsTheyAre(string reason)
    {
        await using var server = await StartAsync();
        var options = new VideoCallOptions();
        switch (reason)
        {
            case "not reported":
                server.Models.Demo.ImagePreparation = null;
                break;
            default:
                server.Models.Before = _ => throw new RpcException(new Status(StatusCode.PermissionDenied, "no"));
                break;
        }

        await ClassifyAsync(server, options, Raw(200, 100), Raw(200, 100));

        Assert.Equal([200u, 200u], server.Clip.Frames.Select(image => image.Raw.Width));
        Assert.InRange(server.Log.Count("ListModels"), 0, 1);
    }

    [Fact]
    public void ClassifyVideoAsync_UnknownAlpha_IsRefusedBeforeTheStreamStarts()
    {
        using var client = ClipClient.ForAddress("http://localhost:1");
        var options = new VideoCallOptions { Image = new ImageOptions { Alpha = (AlphaMode)9 } };

        var error = Assert.Throws<ArgumentException>(
            () => client.ClassifyVideoAsync(AsyncEnumerable.Empty<VideoFrame>(), Labels, options));

        Assert.Equal("9 is not a value of AlphaMode; allowed are Drop, White.", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyVideoAsync_AnotherModelResponds_SendsFurtherFramesAsTheyAre()
    {
        await using var server = await StartAsync();
        server.Models.Demo.Revision = "another";
        using var answered = new SemaphoreSlim(0);
        async IAsyncEnumerable<VideoFrame> OneByOne()
        {
            for (var i = 0UL; i < 3; i++)
            {
                yield return new VideoFrame(i, TimeSpan.Zero, Raw(200, 100));
                await answered.WaitAsync(ScriptedServer.Patience, TestContext.Current.CancellationToken);
            }
        }

        using var client = server.CreateClient();
        await foreach (var _ in client.ClassifyVideoAsync(
            OneByOne(), Labels, cancellationToken: TestContext.Current.CancellationToken))
        {
            answered.Release();
        }

        Assert.Equal([64u, 200u, 200u], server.Clip.Frames.Select(image => image.Raw.Width));
        Assert.Equal(1, server.Log.Count("ListModels"));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyVideoAsync_PreparedByEither_GivesTheSameProbabilities()
    {
        var token = TestContext.Current.CancellationToken;
        using var client = ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
        var photo = CameraFrame.Decode("coffee.jpg");
        var yuv = photo.ToYuv(PixelFormat.Yuy2, ColorMatrix.Bt601, ColorRange.Full);
        var image = photo.Image(yuv, PixelFormat.Yuy2, ColorMatrix.Bt601, ColorRange.Full);
        VideoFrame[] frames =
            [new VideoFrame(1, TimeSpan.Zero, image), new VideoFrame(2, TimeSpan.Zero, photo.Image(90))];
        var labels = new ClipLabels(["a cup of coffee", "a cat", "a rocket"]);

        var byClient = await ProbabilitiesAsync(new VideoCallOptions { AllScores = true });
        var byServer = await ProbabilitiesAsync(
            new VideoCallOptions { AllScores = true, Prepare = FramePreparation.Server });

        Assert.InRange(LargestDifference(byServer, byClient), 0, 1e-4);

        async Task<float[]> ProbabilitiesAsync(VideoCallOptions options)
        {
            var results = await client.ClassifyVideoAsync(frames.ToAsyncEnumerable(), labels, options, token)
                .ToArrayAsync(token);
            return [.. results.SelectMany(result => result.Result!.Value.Scores)];
        }
    }

    private static async Task<ScriptedServer> StartAsync()
    {
        var server = await ScriptedServer.StartAsync();
        server.Models.Demo.ImagePreparation =
            ImagePreparationWriter.Write(new ImageTransform(Size, CropRounding.HalfEven));
        return server;
    }

    private static async Task ClassifyAsync(
        ScriptedServer server, VideoCallOptions options, params ClipImage[] images)
    {
        var token = TestContext.Current.CancellationToken;
        using var client = server.CreateClient();
        var frames = images.Select((image, i) => new VideoFrame((ulong)i, TimeSpan.Zero, image));

        var results = await client.ClassifyVideoAsync(frames.ToAsyncEnumerable(), Labels, options, token)
            .ToArrayAsync(token);

        Assert.All(results, result => Assert.True(result.Result!.IsSuccess));
    }

    private static ClipImage Raw(int width, int height) =>
        ClipImage.FromPixels(new byte[width * height * 3], width, height, PixelFormat.Rgb24);
}
