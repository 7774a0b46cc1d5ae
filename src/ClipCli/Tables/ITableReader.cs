namespace ClipGrpc.Cli.Tables;

/// <summary>A table that is whole.</summary>
internal interface ITableReader : IAsyncDisposable
{
    int Dimensions { get; }

    /// <exception cref="InvalidDataException">The file is damaged, or not one that this command writes.</exception>
    IAsyncEnumerable<EmbeddingRow> ReadAsync(CancellationToken cancellationToken);
}
