using System.Globalization;
using ClipGrpc.Cli.Storage;
using Parquet;

namespace ClipGrpc.Cli.Tables;

/// <summary>Writes a Parquet file, a row group at a time.</summary>
internal sealed class ParquetTableWriter : ITableWriter
{
    private readonly PendingFile _file;
    private readonly ParquetWriter _writer;
    private readonly int _dimensions;
    private readonly List<EmbeddingRow> _rows = [];
    private bool _isClosed;

    private ParquetTableWriter(PendingFile file, ParquetWriter writer, int dimensions)
    {
        _file = file;
        _writer = writer;
        _dimensions = dimensions;
    }

    public static async Task<ParquetTableWriter> CreateAsync(
        string path, int dimensions, CancellationToken cancellationToken)
    {
        var file = new PendingFile(path);
        try
        {
            var options = new ParquetOptions
            {
                CompressionMethod = CompressionMethod.Snappy,
                // Most columns are either all different or all the same, which the first values tell.
                DictionaryEncodingSampleSize = 1000,
            };
            var writer = await ParquetWriter.CreateAsync(
                ParquetFormat.Schema, file.Stream, options, cancellationToken: cancellationToken);
            writer.CustomMetadata = new Dictionary<string, string>
            {
                [ParquetFormat.DimensionsKey] = dimensions.ToString(CultureInfo.InvariantCulture),
            };
            return new ParquetTableWriter(file, writer, dimensions);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public async ValueTask WriteAsync(EmbeddingRow row, CancellationToken cancellationToken)
    {
        _rows.Add(row);
        if (_rows.Count == ParquetFormat.RowsPerRowGroup(_dimensions))
            await WriteRowGroupAsync(cancellationToken);
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_rows.Count > 0)
            await WriteRowGroupAsync(cancellationToken);
        _isClosed = true;
        await _writer.DisposeAsync();
        _file.Commit();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // It ends the file, though nobody will see it.
            if (!_isClosed)
                await _writer.DisposeAsync();
        }
        finally
        {
            _file.Dispose();
        }
    }

    private async Task WriteRowGroupAsync(CancellationToken cancellationToken)
    {
        using var group = _writer.CreateRowGroup();
        await group.WriteAsync(ParquetFormat.Id, Column(row => row.Id));
        await group.WriteAsync(ParquetFormat.PathName, Column(row => row.Path!));
        await group.WriteAsync(ParquetFormat.Text, Column(row => row.Text!));
        await WriteEmbeddingsAsync(group, cancellationToken);
        await group.WriteAsync(ParquetFormat.Model, Column(row => row.Model));
        await group.WriteAsync(ParquetFormat.Revision, Column(row => row.Revision));
        await group.WriteAsync(ParquetFormat.Precision, Column(row => row.Precision));
        await group.WriteAsync<int>(
            ParquetFormat.TokenCount, Column(row => row.TokenCount), cancellationToken: cancellationToken);
        await group.WriteAsync<bool>(
            ParquetFormat.Truncated, Column(row => row.Truncated), cancellationToken: cancellationToken);
        await group.WriteAsync<long>(ParquetFormat.Size, Column(row => row.Size), cancellationToken: cancellationToken);
        await group.WriteAsync<DateTime>(
            ParquetFormat.Modified, Column(row => row.Modified), cancellationToken: cancellationToken);
        await group.WriteAsync(ParquetFormat.Error, Column(row => row.Error!));
        group.CompleteValidate();
        _rows.Clear();
    }

    private async Task WriteEmbeddingsAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
    {
        var values = new float[_rows.Sum(row => row.Vector.Length)];
        var levels = _rows.Sum(row => Math.Max(row.Vector.Length, 1));
        var definitions = new int[levels];
        var repetitions = new int[levels];
        var (value, level) = (0, 0);
        foreach (var row in _rows)
        {
            var length = row.Vector.Length;
            if (length == 0)
            {
                definitions[level++] = ParquetFormat.NullLevel;
                continue;
            }

            row.Vector.Span.CopyTo(values.AsSpan(value));
            definitions.AsSpan(level, length).Fill(ParquetFormat.ElementLevel);
            repetitions.AsSpan(level + 1, length - 1).Fill(1);
            value += length;
            level += length;
        }

        await group.WriteAllPartsAsync<float>(
            ParquetFormat.Element, values, definitions, repetitions, cancellationToken);
    }

    private T[] Column<T>(Func<EmbeddingRow, T> select) => [.. _rows.Select(select)];
}
