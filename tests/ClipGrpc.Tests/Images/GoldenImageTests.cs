using System.Security.Cryptography;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.Tests.Images;

public sealed class GoldenImageTests
{
    public static TheoryData<string> Names => [.. TestImages.Names];

    /// <summary>Image, filter, what the shortest edge is resized to, and the digest of Pillow's result.</summary>
    public static TheoryData<string, string, int, string> Resized => TestImages.ReadResized();

    [Fact]
    public void Names_OfTheGoldenFolder_AreTwentyOne() => Assert.Equal(21, TestImages.Names.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_HalfEvenRounding_EqualsTheReference(string name) => AssertEqual(name, CropRounding.HalfEven);

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_FloorRounding_EqualsTheReference(string name) => AssertEqual(name, CropRounding.Floor);

    [Theory]
    [InlineData("rocket.jpg")]
    [InlineData("cat-small-31x23.png")]
    [InlineData("stripe-17x400.png")]
    [InlineData("stripe-600x20.png")]
    public void Prepare_Squash_EqualsTheReference(string name)
    {
        var actual = TestImages.Prepare(
            TestImages.File(name), default, TestImages.Preprocessor(mode: ResizeMode.Squash));

        Assert.Equal(0, TestImages.Squashed(name).Zip(actual).Count(pair => pair.First != pair.Second));
    }

    [Theory]
    [MemberData(nameof(Resized))]
    public void Prepare_AnyFilterAndEdge_EqualsTheReference(string name, string filter, int edge, string digest)
    {
        var transform = new ImageTransform(
            TestImages.Size, CropRounding.Floor, Filter: Enum.Parse<ResizeFilter>(filter, ignoreCase: true))
        {
            Edge = edge,
        };

        var actual = TestImages.Prepare(
            TestImages.File(name), default, new ImagePreprocessor(transform, new ImageLimits()));

        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(actual)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_PixelsWithoutContainer_EqualsTheFile(string name)
    {
        var file = TestImages.File(name);
        var (rgb, width, height) = TestImages.Decode(file);

        var fromRaw = TestImages.Prepare(TestImages.Rgb24(rgb, width, height));

        Assert.Equal(TestImages.Prepare(file, new DecodeOptions(IgnoreOrientation: true)), fromRaw);
    }

    [Fact(Timeout = 60_000)]
    public async Task Prepare_FromEightThreadsAtOnce_GivesEachItsOwn()
    {
        var preprocessor = TestImages.Preprocessor();
        var cancellation = TestContext.Current.CancellationToken;
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(
            () =>
            {
                for (var i = 0; i < TestImages.Names.Count; i++)
                {
                    var name = TestImages.Names[(i + worker / 2) % TestImages.Names.Count];
                    var actual = TestImages.Prepare(TestImages.File(name), default, preprocessor);
                    Assert.Equal(TestImages.Crop(name, CropRounding.HalfEven), actual);
                }
            },
            cancellation));

        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromSeconds(50), cancellation);
    }

    private static void AssertEqual(string name, CropRounding rounding)
    {
        var actual = TestImages.Prepare(
            TestImages.File(name), default, TestImages.Preprocessor(rounding: rounding));

        var expected = TestImages.Crop(name, rounding);
        var differing = expected.Zip(actual).Count(pair => pair.First != pair.Second);
        Assert.Equal(0, differing);
    }
}
