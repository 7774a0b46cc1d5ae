using ClipGrpc.Client;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;
using ColorMatrix = ClipGrpc.Client.ColorMatrix;
using ColorRange = ClipGrpc.Client.ColorRange;
using PixelFormat = ClipGrpc.Client.PixelFormat;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Frames as cameras deliver them have the embedding of their RGB, with the demo model.</summary>
public sealed class CameraFrameTests(DemoServer demo)
{
    private const double LeastCosine = 0.9999;

    public static TheoryData<PixelFormat, ColorMatrix, ColorRange> Frames
    {
        get
        {
            var data = new TheoryData<PixelFormat, ColorMatrix, ColorRange>();
            PixelFormat[] formats =
                [PixelFormat.Nv12, PixelFormat.I420, PixelFormat.P010, PixelFormat.Yuy2, PixelFormat.Uyvy];
            foreach (var format in formats)
            {
                foreach (var matrix in (ColorMatrix[])[ColorMatrix.Bt601, ColorMatrix.Bt709, ColorMatrix.Bt2020])
                {
                    data.Add(format, matrix, ColorRange.Limited);
                    data.Add(format, matrix, ColorRange.Full);
                }
            }

            return data;
        }
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Frames))]
    public async Task EmbedImage_YuvOfAPhoto_HasTheEmbeddingOfItsRgb(
        PixelFormat format, ColorMatrix matrix, ColorRange range)
    {
        using var client = ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
        var photo = CameraFrame.Decode("astronaut.jpg");
        var frame = photo.ToYuv(format, matrix, range);
        var wrongRange = range == ColorRange.Full ? ColorRange.Limited : ColorRange.Full;

        var rgb = await EmbedAsync(client, photo.Image());
        var yuv = await EmbedAsync(client, photo.Image(frame, format, matrix, range));
        var wrong = await EmbedAsync(client, photo.Image(frame, format, matrix, wrongRange));

        var cosine = Cosine(rgb, yuv);
        Assert.True(cosine >= LeastCosine, $"The cosine is {cosine:F7}.");
        Assert.True(Cosine(rgb, wrong) < LeastCosine, "The range makes no difference.");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(90)]
    [InlineData(180)]
    [InlineData(270)]
    public async Task EmbedImage_RotatedFrame_HasTheEmbeddingOfTheUprightOne(int degrees)
    {
        using var client = ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
        var photo = CameraFrame.Decode("cat.jpg");
        var stored = photo;
        for (var turned = degrees; turned < 360; turned += 90)
            stored = stored.TurnClockwise();

        var upright = await EmbedAsync(client, photo.Image());
        var rotated = await EmbedAsync(client, stored.Image(rotationDegrees: degrees));

        Assert.InRange(LargestDifference(upright, rotated), 0, 1e-5);
        Assert.True(Cosine(upright, await EmbedAsync(client, stored.Image())) < LeastCosine);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_UnknownValue_NamesItsField()
    {
        var wrongRange = Raw(2, 2, 1, 2, 3);
        wrongRange.Raw.ColorRange = (V1.ColorRange)9;
        var wrongRotation = Raw(2, 2, 1, 2, 3);
        wrongRotation.Raw.RotationDegrees = 45;
        var request = new EmbedRequest
        {
            Inputs = { new Input { Image = wrongRange }, new Input { Image = wrongRotation } },
        };

        var response = await demo.Clip.EmbedAsync(request, Limited());

        Assert.Equal(
            "inputs[0].image.raw.color_range: This server does not know the value 9.",
            response.Results[0].Error.Message);
        Assert.Equal(
            "inputs[1].image.raw.rotation_degrees: 45 degrees is not a rotation; send 0, 90, 180 or 270.",
            response.Results[1].Error.Message);
        Assert.All(response.Results, result => Assert.Equal((int)StatusCode.InvalidArgument, result.Error.Code));
    }

    private static async Task<float[]> EmbedAsync(ClipClient client, ClipImage image)
    {
        var token = TestContext.Current.CancellationToken;
        return (await client.EmbedImageAsync(image, cancellationToken: token)).Vector.ToArray();
    }
}
