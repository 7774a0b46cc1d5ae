using ClipGrpc.Server.Images;

namespace ClipGrpc.Tests.Images;

public sealed class GoldenPictureTests
{
    public static TheoryData<string> Names => [.. TestPictures.Names];

    [Fact]
    public void Names_OfTheGoldenFolder_AreTwentyOne() => Assert.Equal(21, TestPictures.Names.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_HalfEvenRounding_EqualsTheReference(string name) => AssertEqual(name, CropRounding.HalfEven);

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_FloorRounding_EqualsTheReference(string name) => AssertEqual(name, CropRounding.Floor);

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_PixelsWithoutContainer_EqualsTheFile(string name)
    {
        var file = TestPictures.File(name);
        var (rgb, width, height) = TestPictures.Decode(file);

        var fromRaw = TestPictures.Prepare(TestPictures.Rgb24(rgb, width, height));

        Assert.Equal(TestPictures.Prepare(file, new PictureOptions(IgnoreOrientation: true)), fromRaw);
    }

    [Fact(Timeout = 60_000)]
    public async Task Prepare_FromEightThreadsAtOnce_GivesEachItsOwn()
    {
        var preprocessor = TestPictures.Preprocessor();
        var cancellation = TestContext.Current.CancellationToken;
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(
            () =>
            {
                for (var i = 0; i < TestPictures.Names.Count; i++)
                {
                    var name = TestPictures.Names[(i + worker / 2) % TestPictures.Names.Count];
                    var actual = TestPictures.Prepare(TestPictures.File(name), default, preprocessor);
                    Assert.Equal(TestPictures.Crop(name, CropRounding.HalfEven), actual);
                }
            },
            cancellation));

        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromSeconds(50), cancellation);
    }

    private static void AssertEqual(string name, CropRounding rounding)
    {
        var actual = TestPictures.Prepare(
            TestPictures.File(name), default, TestPictures.Preprocessor(rounding: rounding));

        var expected = TestPictures.Crop(name, rounding);
        var differing = expected.Zip(actual).Count(pair => pair.First != pair.Second);
        Assert.Equal(0, differing);
    }
}
