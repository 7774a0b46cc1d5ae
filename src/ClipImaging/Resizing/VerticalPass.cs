#if NET
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
#endif

namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// Scales columns along y. Every byte of a row is a column of its own, so it does not matter how pixels are laid out.
/// </summary>
internal static unsafe class VerticalPass
{
    private const int Avx2Columns = 32;
    private const int PortableColumns = 16;

    /// <param name="source">Rows from row <paramref name="firstRow"/> on.</param>
    /// <param name="columns">Bytes of a row that are scaled.</param>
    /// <param name="target">Outputs rows of <paramref name="columns"/> bytes.</param>
    public static void Run(
        ReadOnlySpan<byte> source, int sourceStride, int firstRow, int columns, ResizeKernel kernel, Span<byte> target)
    {
#if NET
        if (Avx2.IsSupported && columns >= Avx2Columns)
            RunAvx2(source, sourceStride, firstRow, columns, kernel, target);
        else if (columns >= PortableColumns)
            RunPortable(source, sourceStride, firstRow, columns, kernel, target);
        else
            RunScalar(source, sourceStride, firstRow, columns, kernel, target);
#else
        RunScalar(source, sourceStride, firstRow, columns, kernel, target);
#endif
    }

    public static void RunScalar(
        ReadOnlySpan<byte> source, int sourceStride, int firstRow, int columns, ResizeKernel kernel, Span<byte> target)
    {
        CheckBounds(source, sourceStride, firstRow, columns, kernel, target);
        for (var y = 0; y < kernel.Outputs; y++)
        {
            var weights = kernel.Weights.Slice(y * kernel.Stride, kernel.Counts[y]);
            var rows = source[((kernel.Starts[y] - firstRow) * sourceStride)..];
            for (var x = 0; x < columns; x++)
            {
                var sum = ResizeKernel.Half;
                for (var i = 0; i < weights.Length; i++)
                    sum += rows[(i * sourceStride) + x] * weights[i];

                target[(y * columns) + x] = ResizeKernel.ToByte(sum);
            }
        }
    }

    private static void CheckBounds(
        ReadOnlySpan<byte> source, int sourceStride, int firstRow, int columns, ResizeKernel kernel, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(kernel.FirstInput - firstRow);
        var read = ((kernel.EndInput - firstRow - 1L) * sourceStride) + columns;
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, read);
        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, (long)kernel.Outputs * columns);
    }

#if NET
    /// <summary>Sixteen columns at a time, on any processor that has 128-bit vectors; 16 columns at least.</summary>
    public static void RunPortable(
        ReadOnlySpan<byte> source, int sourceStride, int firstRow, int columns, ResizeKernel kernel, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, PortableColumns);
        CheckBounds(source, sourceStride, firstRow, columns, kernel, target);
        fixed (byte* from = source, to = target)
        fixed (int* starts = kernel.Starts, counts = kernel.Counts, weights = kernel.Weights)
        {
            for (var y = 0; y < kernel.Outputs; y++)
            {
                var rows = from + ((nint)(starts[y] - firstRow) * sourceStride);
                var row = to + ((nint)y * columns);
                for (var x = 0; ; x = Math.Min(x + PortableColumns, columns - PortableColumns))
                {
                    SixteenColumns(
                        rows + x, sourceStride, weights + ((nint)y * kernel.Stride), counts[y]).Store(row + x);
                    if (x == columns - PortableColumns)
                        break;
                }
            }
        }
    }

    /// <summary>Thirty-two columns at a time; 32 columns at least. The last chunk overlaps the one before it.</summary>
    public static void RunAvx2(
        ReadOnlySpan<byte> source, int sourceStride, int firstRow, int columns, ResizeKernel kernel, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, Avx2Columns);
        CheckBounds(source, sourceStride, firstRow, columns, kernel, target);
        fixed (byte* from = source, to = target)
        fixed (int* starts = kernel.Starts, counts = kernel.Counts, weights = kernel.Weights)
        {
            for (var y = 0; y < kernel.Outputs; y++)
            {
                var rows = from + ((nint)(starts[y] - firstRow) * sourceStride);
                var row = to + ((nint)y * columns);
                for (var x = 0; ; x = Math.Min(x + Avx2Columns, columns - Avx2Columns))
                {
                    ThirtyTwoColumns(
                        rows + x, sourceStride, weights + ((nint)y * kernel.Stride), counts[y]).Store(row + x);
                    if (x == columns - Avx2Columns)
                        break;
                }
            }
        }
    }

    private static Vector128<byte> SixteenColumns(byte* column, nint stride, int* weights, nint count)
    {
        var sum0 = Vector128.Create(ResizeKernel.Half);
        var sum1 = sum0;
        var sum2 = sum0;
        var sum3 = sum0;
        for (nint i = 0; i < count; i++)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(column));
            var weight = Vector128.Create(weights[i]);
            sum0 += Vector128.WidenLower(low).AsInt32() * weight;
            sum1 += Vector128.WidenUpper(low).AsInt32() * weight;
            sum2 += Vector128.WidenLower(high).AsInt32() * weight;
            sum3 += Vector128.WidenUpper(high).AsInt32() * weight;
            column += stride;
        }

        return Vector128.Narrow(
            Vector128.Narrow(ToPixels(sum0), ToPixels(sum1)), Vector128.Narrow(ToPixels(sum2), ToPixels(sum3)));
    }

    private static Vector128<uint> ToPixels(Vector128<int> sum) => Vector128.Min(
        Vector128.Max(sum >> ResizeKernel.PrecisionBits, Vector128<int>.Zero),
        Vector128.Create((int)byte.MaxValue)).AsUInt32();

    private static Vector256<byte> ThirtyTwoColumns(byte* column, nint stride, int* weights, nint count)
    {
        var sum0 = Vector256.Create(ResizeKernel.Half);
        var sum1 = sum0;
        var sum2 = sum0;
        var sum3 = sum0;
        for (nint i = 0; i < count; i++)
        {
            var weight = Vector256.Create(weights[i]);
            sum0 += Avx2.ConvertToVector256Int32(column) * weight;
            sum1 += Avx2.ConvertToVector256Int32(column + 8) * weight;
            sum2 += Avx2.ConvertToVector256Int32(column + 16) * weight;
            sum3 += Avx2.ConvertToVector256Int32(column + 24) * weight;
            column += stride;
        }

        // Packing works within halves, which leaves groups of four in the order 0 2 4 6 | 1 3 5 7.
        var words01 = Avx2.PackSignedSaturate(sum0 >> ResizeKernel.PrecisionBits, sum1 >> ResizeKernel.PrecisionBits);
        var words23 = Avx2.PackSignedSaturate(sum2 >> ResizeKernel.PrecisionBits, sum3 >> ResizeKernel.PrecisionBits);
        var groups = Avx2.PackUnsignedSaturate(words01, words23).AsInt32();
        return Vector256.Shuffle(groups, Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsByte();
    }
#endif
}
