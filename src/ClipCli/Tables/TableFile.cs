namespace ClipGrpc.Cli.Tables;

/// <summary>The kinds of files that tables of embeddings are kept in: NumPy with a names file, and Parquet.</summary>
internal static class TableFile
{
    public static async Task<ITableWriter> CreateAsync(
        string path, bool isParquet, int dimensions, CancellationToken cancellationToken) =>
        isParquet
            ? await ParquetTableWriter.CreateAsync(path, dimensions, cancellationToken)
            : new NpyTableWriter(path, dimensions);

    /// <exception cref="InvalidDataException">The file is damaged, or not one that this command writes.</exception>
    public static async Task<ITableReader> OpenAsync(
        string path, bool isParquet, CancellationToken cancellationToken) =>
        isParquet ? await ParquetTableReader.OpenAsync(path, cancellationToken) : NpyTableReader.Open(path);
}
