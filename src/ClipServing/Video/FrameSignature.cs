namespace ClipGrpc.Serving.Video;

/// <summary>
/// A prepared image, averaged in 32 × 32 cells: what frames are compared by. Noise of single pixels has little effect,
/// and it is small enough to keep one per view of each source.
/// </summary>
internal sealed class FrameSignature
{
    public const int MaxCells = 32;

    private const int Channels = 3;
    private const int Scale = 256;

    private readonly ushort[] _averages;

    private FrameSignature(ushort[] averages)
    {
        _averages = averages;
    }

    /// <summary>What one takes of memory at most.</summary>
    public static int MaxBytes => MaxCells * MaxCells * Channels * sizeof(ushort);

    /// <param name="pixels">Size × size × 3 bytes.</param>
    public static FrameSignature Of(ReadOnlySpan<byte> pixels)
    {
        var size = (int)Math.Sqrt(pixels.Length / Channels);
        var cells = Math.Min(MaxCells, size);
        var averages = new ushort[cells * cells * Channels];
        for (var y = 0; y < cells; y++)
        {
            for (var x = 0; x < cells; x++)
            {
                var columns = (x * size / cells, (x + 1) * size / cells);
                var rows = (y * size / cells, (y + 1) * size / cells);
                Average(pixels, size, columns, rows, averages.AsSpan(((y * cells) + x) * Channels, Channels));
            }
        }

        return new FrameSignature(averages);
    }

    /// <summary>The mean absolute difference, 0 to 1.</summary>
    public double DifferenceTo(FrameSignature other)
    {
        var sum = 0L;
        for (var i = 0; i < _averages.Length; i++)
            sum += Math.Abs(_averages[i] - other._averages[i]);
        return (double)sum / _averages.Length / (byte.MaxValue * Scale);
    }

    private static void Average(
        ReadOnlySpan<byte> pixels, int size, (int Start, int End) columns, (int Start, int End) rows,
        Span<ushort> average)
    {
        var (red, green, blue) = (0, 0, 0);
        for (var y = rows.Start; y < rows.End; y++)
        {
            var row = pixels[(((y * size) + columns.Start) * Channels)..(((y * size) + columns.End) * Channels)];
            for (var i = 0; i + 2 < row.Length; i += Channels)
            {
                red += row[i];
                green += row[i + 1];
                blue += row[i + 2];
            }
        }

        var count = (columns.End - columns.Start) * (rows.End - rows.Start);
        average[0] = (ushort)((long)red * Scale / count);
        average[1] = (ushort)((long)green * Scale / count);
        average[2] = (ushort)((long)blue * Scale / count);
    }
}
