namespace ClipGrpc.Imaging.Pixels;

internal static class PixelRows
{
    /// <summary>Bytes that can be read behind the rows that <see cref="IPixelRows.Read"/> returns.</summary>
    public const int Padding = 32;

    /// <summary>The most rows that are read at once.</summary>
    public const int MaxRowsPerRead = 16;
}
