using System.Runtime.Intrinsics.X86;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

/// <summary>The vector forms of both passes give the bytes of the scalar form.</summary>
public sealed class ResizePassTests
{
    public static TheoryData<int, int> Sizes => new()
    {
        { 1, 1 }, { 1, 11 }, { 2, 40 }, { 5, 3 }, { 33, 33 }, { 47, 160 }, { 480, 224 }, { 1920, 224 }, { 4001, 31 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Horizontal_VectorForms_EqualScalar(int input, int output)
    {
        using var kernel = ResizeKernel.Create(input, output, 0, output);
        foreach (var rows in (int[])[1, 3, 4, 7, 16])
        {
            var source = Extremes((rows * input * 4) + PixelRows.Padding, seed: rows);
            var expected = new byte[rows * HorizontalPass.TargetStride(output)];
            HorizontalPass.RunScalar(source, input * 4, 0, rows, kernel, expected);

            AssertSamePixels(expected, (target) =>
                HorizontalPass.RunPortable(source, input * 4, 0, rows, kernel, target), rows, output);
            AssertSamePixels(expected, (target) =>
                HorizontalPass.Run(source, input * 4, 0, rows, kernel, target), rows, output);
            if (Avx2.IsSupported)
            {
                AssertSamePixels(expected, (target) =>
                    HorizontalPass.RunAvx2(source, input * 4, 0, rows, kernel, target), rows, output);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Vertical_VectorForms_EqualScalar(int input, int output)
    {
        using var kernel = ResizeKernel.Create(input, output, 0, output);
        foreach (var columns in (int[])[1, 3, 15, 16, 17, 31, 32, 33, 64, 95])
        {
            var stride = columns + 5;
            var source = Extremes(input * stride, seed: columns);
            var expected = new byte[output * columns];
            VerticalPass.RunScalar(source, stride, 0, columns, kernel, expected);

            AssertSame(expected, target => VerticalPass.Run(source, stride, 0, columns, kernel, target));
            if (columns >= 16)
                AssertSame(expected, target => VerticalPass.RunPortable(source, stride, 0, columns, kernel, target));
            if (columns >= 32 && Avx2.IsSupported)
                AssertSame(expected, target => VerticalPass.RunAvx2(source, stride, 0, columns, kernel, target));
        }
    }

    [Fact]
    public void Horizontal_FromALaterColumn_EqualsTheWholeRow()
    {
        using var kernel = ResizeKernel.Create(400, 100, 40, 20);
        var source = Extremes((400 * 4) + PixelRows.Padding, seed: 1);
        var whole = new byte[HorizontalPass.TargetStride(20)];
        HorizontalPass.RunScalar(source, 1600, 0, 1, kernel, whole);

        AssertSamePixels(
            whole,
            target => HorizontalPass.Run(
                source.AsSpan(kernel.FirstInput * 4), 1600, kernel.FirstInput, 1, kernel, target),
            1,
            20);
    }

    [Fact]
    public void Passes_SpansTooShort_Throw()
    {
        using var kernel = ResizeKernel.Create(100, 50, 0, 50);
        var row = new byte[404];
        var column = new byte[400];
        var target = new byte[HorizontalPass.TargetStride(50)];

        AssertOutOfRange(() => HorizontalPass.Run(row.AsSpan(1), 400, 0, 1, kernel, target));
        AssertOutOfRange(() => HorizontalPass.Run(row, 400, 0, 1, kernel, target.AsSpan(1)));
        AssertOutOfRange(() => HorizontalPass.Run(row, 400, 1, 1, kernel, target));
        AssertOutOfRange(() => VerticalPass.Run(column.AsSpan(1), 4, 0, 4, kernel, new byte[200]));
        AssertOutOfRange(() => VerticalPass.Run(column, 4, 0, 4, kernel, new byte[199]));
        AssertOutOfRange(() => VerticalPass.Run(column, 4, 1, 4, kernel, new byte[200]));
    }

    private static void AssertOutOfRange(Action run) => Assert.Throws<ArgumentOutOfRangeException>(run);

    /// <summary>Long runs of 0 and 255 among noise drive the sums to their ends.</summary>
    private static byte[] Extremes(int length, int seed)
    {
        var bytes = TestImages.Noise(length, seed);
        var random = new Random(seed);
        for (var i = 0; i < length; i += random.Next(1, 60))
            bytes.AsSpan(i, Math.Min(random.Next(1, 40), length - i)).Fill(random.Next(2) == 0 ? (byte)0 : (byte)255);
        return bytes;
    }

    private static void AssertSame(byte[] expected, Action<byte[]> run)
    {
        var actual = new byte[expected.Length];
        run(actual);
        Assert.Equal(expected, actual);
    }

    private static void AssertSamePixels(byte[] expected, Action<byte[]> run, int rows, int outputs)
    {
        var actual = new byte[expected.Length];
        run(actual);
        var stride = HorizontalPass.TargetStride(outputs);
        for (var y = 0; y < rows; y++)
            Assert.Equal(expected.AsSpan(y * stride, outputs * 3), actual.AsSpan(y * stride, outputs * 3));
    }
}
