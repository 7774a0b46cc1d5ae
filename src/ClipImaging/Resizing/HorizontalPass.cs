#if NET
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
#endif

namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// Scales rows along x: four bytes a pixel in, three (RGB) out. A pixel is a vector of four sums; with AVX2 two
/// neighbouring pixels share a register and four rows share the loading of the weights.
/// </summary>
internal static unsafe class HorizontalPass
{
    /// <summary>
    /// Bytes from one row to the next of a target: whole cache lines, and room for the fourth byte of the last pixel.
    /// </summary>
    public static int TargetStride(int outputs) => ((outputs * 3) + 1 + 63) & ~63;

    /// <param name="source">Rows from column <paramref name="firstColumn"/> on, and one pixel more to read.</param>
    /// <param name="target">rows × <see cref="TargetStride"/>; bytes behind the last pixel get any value.</param>
    public static void Run(
        ReadOnlySpan<byte> source, int sourceStride, int firstColumn, int rows, ResizeKernel kernel, Span<byte> target)
    {
#if NET
        if (Avx2.IsSupported)
            RunAvx2(source, sourceStride, firstColumn, rows, kernel, target);
        else
            RunPortable(source, sourceStride, firstColumn, rows, kernel, target);
#else
        RunScalar(source, sourceStride, firstColumn, rows, kernel, target);
#endif
    }

    public static void RunScalar(
        ReadOnlySpan<byte> source, int sourceStride, int firstColumn, int rows, ResizeKernel kernel, Span<byte> target)
    {
        CheckBounds(source, sourceStride, firstColumn, rows, kernel, target);
        var targetStride = TargetStride(kernel.Outputs);
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < kernel.Outputs; x++)
            {
                var weights = kernel.Weights.Slice(x * kernel.Stride, kernel.Counts[x]);
                var pixels = source[((y * sourceStride) + ((kernel.Starts[x] - firstColumn) * 4))..];
                var (red, green, blue) = (ResizeKernel.Half, ResizeKernel.Half, ResizeKernel.Half);
                for (var i = 0; i < weights.Length; i++)
                {
                    red += pixels[i * 4] * weights[i];
                    green += pixels[(i * 4) + 1] * weights[i];
                    blue += pixels[(i * 4) + 2] * weights[i];
                }

                var pixel = target.Slice((y * targetStride) + (x * 3), 3);
                pixel[0] = ResizeKernel.ToByte(red);
                pixel[1] = ResizeKernel.ToByte(green);
                pixel[2] = ResizeKernel.ToByte(blue);
            }
        }
    }

    private static void CheckBounds(
        ReadOnlySpan<byte> source, int sourceStride, int firstColumn, int rows, ResizeKernel kernel, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(kernel.FirstInput - firstColumn);
        var read = ((rows - 1L) * sourceStride) + ((kernel.EndInput - firstColumn + 1L) * 4);
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, read);
        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, (long)rows * TargetStride(kernel.Outputs));
    }

#if NET
    /// <summary>One pixel a 128-bit vector, on any processor that has such vectors.</summary>
    public static void RunPortable(
        ReadOnlySpan<byte> source, int sourceStride, int firstColumn, int rows, ResizeKernel kernel, Span<byte> target)
    {
        CheckBounds(source, sourceStride, firstColumn, rows, kernel, target);
        var targetStride = TargetStride(kernel.Outputs);
        fixed (byte* from = source, to = target)
        fixed (int* starts = kernel.Starts, counts = kernel.Counts, weights = kernel.Weights)
        {
            for (var y = 0; y < rows; y++)
            {
                for (var x = 0; x < kernel.Outputs; x++)
                {
                    var pixels = from + ((nint)y * sourceStride) + ((nint)(starts[x] - firstColumn) * 4);
                    var weight = weights + ((nint)x * kernel.Stride);
                    var sum = Vector128.Create(ResizeKernel.Half);
                    for (nint i = 0; i < counts[x]; i++)
                    {
                        var pixel = Vector128.CreateScalar(*(uint*)(pixels + (i * 4))).AsByte();
                        sum += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weight[i];
                    }

                    *(uint*)(to + ((nint)y * targetStride) + ((nint)x * 3)) = Pack(sum);
                }
            }
        }
    }

    public static void RunAvx2(
        ReadOnlySpan<byte> source, int sourceStride, int firstColumn, int rows, ResizeKernel kernel, Span<byte> target)
    {
        CheckBounds(source, sourceStride, firstColumn, rows, kernel, target);
        var targetStride = TargetStride(kernel.Outputs);
        fixed (byte* from = source, to = target)
        {
            var y = 0;
            var row = from;
            var pixels = to;
            for (; y + 4 <= rows; y += 4, row += 4 * (nint)sourceStride, pixels += 4 * (nint)targetStride)
                FourRows(row, sourceStride, firstColumn, kernel, pixels);
            for (; y < rows; y++, row += sourceStride, pixels += targetStride)
                OneRow(row, firstColumn, kernel, pixels);
        }
    }

    private static void FourRows(byte* source, nint stride, int firstColumn, ResizeKernel kernel, byte* target)
    {
        nint targetStride = TargetStride(kernel.Outputs);
        fixed (int* starts = kernel.Starts, counts = kernel.Counts, allWeights = kernel.Weights)
        {
            for (nint x = 0; x < kernel.Outputs; x++)
            {
                var row0 = source + ((nint)(starts[x] - firstColumn) * 4);
                var row1 = row0 + stride;
                var row2 = row1 + stride;
                var row3 = row2 + stride;
                var weights = allWeights + (x * kernel.Stride);
                var sum0 = Vector256<int>.Zero;
                var sum1 = sum0;
                var sum2 = sum0;
                var sum3 = sum0;
                nint count = counts[x];
                for (nint i = 0; i < count; i += 2)
                {
                    var pair = PairOfWeights(weights + i);
                    sum0 += Avx2.ConvertToVector256Int32(row0 + (i * 4)) * pair;
                    sum1 += Avx2.ConvertToVector256Int32(row1 + (i * 4)) * pair;
                    sum2 += Avx2.ConvertToVector256Int32(row2 + (i * 4)) * pair;
                    sum3 += Avx2.ConvertToVector256Int32(row3 + (i * 4)) * pair;
                }

                var words01 = Sse2.PackSignedSaturate(Finish(sum0), Finish(sum1));
                var words23 = Sse2.PackSignedSaturate(Finish(sum2), Finish(sum3));
                var pixels = Sse2.PackUnsignedSaturate(words01, words23).AsUInt32();
                var to = target + (x * 3);
                *(uint*)to = pixels.GetElement(0);
                *(uint*)(to + targetStride) = pixels.GetElement(1);
                *(uint*)(to + (2 * targetStride)) = pixels.GetElement(2);
                *(uint*)(to + (3 * targetStride)) = pixels.GetElement(3);
            }
        }
    }

    private static void OneRow(byte* source, int firstColumn, ResizeKernel kernel, byte* target)
    {
        fixed (int* starts = kernel.Starts, counts = kernel.Counts, allWeights = kernel.Weights)
        {
            for (nint x = 0; x < kernel.Outputs; x++)
            {
                var row = source + ((nint)(starts[x] - firstColumn) * 4);
                var weights = allWeights + (x * kernel.Stride);
                var sum = Vector256<int>.Zero;
                for (nint i = 0; i < counts[x]; i += 2)
                    sum += Avx2.ConvertToVector256Int32(row + (i * 4)) * PairOfWeights(weights + i);

                var words = Sse2.PackSignedSaturate(Finish(sum), Vector128<int>.Zero);
                *(uint*)(target + (x * 3)) = Sse2.PackUnsignedSaturate(words, words).AsUInt32().ToScalar();
            }
        }
    }

    // Four times the first weight, four times the second.
    private static Vector256<int> PairOfWeights(int* weights) => Vector256.Shuffle(
        Vector256.Create(*(long*)weights).AsInt32(), Vector256.Create(0, 0, 0, 0, 1, 1, 1, 1));

    private static Vector128<int> Finish(Vector256<int> sum) =>
        (sum.GetLower() + sum.GetUpper() + Vector128.Create(ResizeKernel.Half)) >> ResizeKernel.PrecisionBits;

    private static uint Pack(Vector128<int> sum)
    {
        var values = Vector128.Min(
            Vector128.Max(sum >> ResizeKernel.PrecisionBits, Vector128<int>.Zero),
            Vector128.Create((int)byte.MaxValue));
        var words = Vector128.Narrow(values, values);
        return Vector128.Narrow(words, words).AsUInt32().ToScalar();
    }
#endif
}
