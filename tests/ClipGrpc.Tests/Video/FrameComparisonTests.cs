using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

public sealed class FrameComparisonTests
{
    private const int Size = 224;

    private static byte[] Gray(byte value, int size = Size)
    {
        var pixels = new byte[size * size * 3];
        Array.Fill(pixels, value);
        return pixels;
    }

    private static FrameSignature Of(byte value) => FrameSignature.Of(Gray(value));

    [Theory]
    [InlineData(224)]
    [InlineData(336)]
    [InlineData(33)]
    [InlineData(5)]
    [InlineData(1)]
    public void DifferenceTo_UniformImages_IsTheDifferenceOfTheirColors(int size)
    {
        var black = FrameSignature.Of(Gray(0, size));
        Assert.Equal(1, black.DifferenceTo(FrameSignature.Of(Gray(255, size))), 1e-9);
        Assert.Equal(0.2, FrameSignature.Of(Gray(51, size)).DifferenceTo(black), 1e-9);
        Assert.Equal(0, black.DifferenceTo(black));
    }

    [Fact]
    public void DifferenceTo_HalfOfTheImageChanges_IsHalf()
    {
        var changed = Gray(0);
        Array.Fill(changed, (byte)255, 0, changed.Length / 2);
        Assert.Equal(0.5, FrameSignature.Of(changed).DifferenceTo(Of(0)), 1e-3);
    }

    [Fact]
    public void DifferenceTo_OneChannelChanges_IsAThird()
    {
        var changed = Gray(0);
        for (var i = 1; i < changed.Length; i += 3)
            changed[i] = 255;
        Assert.Equal(1.0 / 3, FrameSignature.Of(changed).DifferenceTo(Of(0)), 1e-6);
    }

    [Fact]
    public void DifferenceTo_NoiseOfPixels_IsSmall()
    {
        var random = new Random(1);
        byte[] Noisy()
        {
            var pixels = Gray(100);
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(pixels[i] + random.Next(-8, 9));
            return pixels;
        }

        // Pixel by pixel it would be more than 0.02.
        Assert.InRange(FrameSignature.Of(Noisy()).DifferenceTo(FrameSignature.Of(Noisy())), 1e-6, 0.005);
    }

    [Fact]
    public void Next_HardlyDiffers_IsNotRun()
    {
        var comparison = new FrameComparison(staticThreshold: 0.02, sceneThreshold: 0);
        Assert.True(comparison.Next(Of(100)).Runs);
        Assert.False(comparison.Next(Of(100)).Runs);
        Assert.False(comparison.Next(Of(104)).Runs);
        Assert.True(comparison.Next(Of(120)).Runs);
        Assert.False(comparison.Next(Of(120)).Runs);
    }

    [Fact]
    public void Next_SlowDrift_IsNoticed()
    {
        var comparison = new FrameComparison(staticThreshold: 0.02, sceneThreshold: 0);
        var runs = Enumerable.Range(0, 50).Count(i => comparison.Next(Of((byte)(100 + i))).Runs);

        // Each step is 0.004; the sixth from the last one that was run is more than 0.02.
        Assert.InRange(runs, 8, 10);
    }

    [Fact]
    public void Next_NoStaticThreshold_RunsAll()
    {
        var comparison = new FrameComparison(staticThreshold: 0, sceneThreshold: 0.5);
        Assert.True(comparison.Next(Of(1)).Runs);
        Assert.True(comparison.Next(Of(1)).Runs);
    }

    [Fact]
    public void Next_DiffersMuchFromTheFrameBefore_BeginsASceneAndRuns()
    {
        var comparison = new FrameComparison(staticThreshold: 0.9, sceneThreshold: 0.3);
        Assert.Equal(new FrameDecision(Runs: true, BeginsScene: false), comparison.Next(Of(0)));
        Assert.Equal(new FrameDecision(Runs: false, BeginsScene: false), comparison.Next(Of(50)));
        Assert.Equal(new FrameDecision(Runs: true, BeginsScene: true), comparison.Next(Of(150)));
        Assert.Equal(new FrameDecision(Runs: false, BeginsScene: false), comparison.Next(Of(200)));
    }

    [Fact]
    public void Forget_NextFrame_IsRun()
    {
        var comparison = new FrameComparison(staticThreshold: 0.02, sceneThreshold: 0);
        comparison.Next(Of(100));
        comparison.Forget();
        Assert.True(comparison.Next(Of(100)).Runs);
        Assert.False(comparison.Next(Of(100)).Runs);
    }
}
