namespace ClipGrpc.Cli.Tables;

/// <summary>
/// Writes a table row by row. Its file appears under its name when it is complete, and never if it is not committed.
/// </summary>
internal interface ITableWriter : IAsyncDisposable
{
    ValueTask WriteAsync(EmbeddingRow row, CancellationToken cancellationToken);

    /// <summary>Gives the file its name.</summary>
    Task CommitAsync(CancellationToken cancellationToken);
}
