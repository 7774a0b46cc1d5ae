using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

public sealed class ResizePlanTests
{
    [Theory]
    [InlineData(451, 300, 336, 224, 56, 0)]
    [InlineData(300, 451, 224, 336, 0, 56)]
    [InlineData(224, 224, 224, 224, 0, 0)]
    [InlineData(1, 1, 224, 224, 0, 0)]
    [InlineData(600, 20, 6720, 224, 3248, 0)]
    [InlineData(1, 60_000, 224, 13_440_000, 0, 6_719_888)]
    [InlineData(640, 427, 335, 224, 56, 0)]
    [InlineData(227, 299, 224, 295, 0, 36)]
    [InlineData(301, 223, 302, 224, 39, 0)]
    public void Create_HalfEven_GivesSizeAndOffset(int width, int height, int w, int h, int x, int y) =>
        Assert.Equal(
            new ResizePlan(width, height, w, h, x, y, 224),
            ResizePlan.Create(width, height, new ImageTransform(224, CropRounding.HalfEven)));

    [Theory]
    [InlineData(640, 427, 55, 0)]
    [InlineData(227, 299, 0, 35)]
    [InlineData(301, 223, 39, 0)]
    public void Create_Floor_RoundsTheOffsetDown(int width, int height, int x, int y)
    {
        var plan = ResizePlan.Create(width, height, new ImageTransform(224, CropRounding.Floor));

        Assert.Equal((x, y), (plan.CropX, plan.CropY));
    }

    [Theory]
    [InlineData(451, 300)]
    [InlineData(1, 60_000)]
    [InlineData(224, 224)]
    public void Create_Squash_ResizesBothEdgesAndCropsNothing(int width, int height) => Assert.Equal(
        new ResizePlan(width, height, 224, 224, 0, 0, 224),
        ResizePlan.Create(width, height, new ImageTransform(224, CropRounding.HalfEven, ResizeMode.Squash)));

    [Theory]
    [InlineData(230, 23_001, true)]
    [InlineData(230, 23_000, false)]
    [InlineData(100, 20_000, false)]
    [InlineData(23_001, 230, false)]
    public void VerticalFirst_OnlyForTallImagesThatShrink(int width, int height, bool expected) => Assert.Equal(
        expected, ResizePlan.Create(width, height, new ImageTransform(224, CropRounding.Floor)).VerticalFirst);
}
