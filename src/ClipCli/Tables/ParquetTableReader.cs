using System.Globalization;
using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace ClipGrpc.Cli.Tables;

/// <summary>Reads a Parquet file that <see cref="ParquetTableWriter"/> has written, a row group at a time.</summary>
internal sealed class ParquetTableReader : ITableReader
{
    private readonly string _path;
    private readonly ParquetReader _reader;

    private ParquetTableReader(string path, ParquetReader reader, int dimensions)
    {
        _path = path;
        _reader = reader;
        Dimensions = dimensions;
    }

    public int Dimensions { get; }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static async Task<ParquetTableReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        ParquetReader? reader = null;
        try
        {
            reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellationToken);
            if (reader.CustomMetadata?.GetValueOrDefault(ParquetFormat.DimensionsKey) is { } value
                && int.TryParse(value, CultureInfo.InvariantCulture, out var dimensions)
                && reader.Schema!.Equals(ParquetFormat.Schema))
            {
                return new ParquetTableReader(path, reader, dimensions);
            }
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or FileNotFoundException))
        {
            await DisposeAsync(reader);
            throw NoTable(path, exception);
        }

        await DisposeAsync(reader);
        throw NoTable(path, null);
    }

    public async IAsyncEnumerable<EmbeddingRow> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var group in _reader.RowGroups)
        {
            foreach (var row in await ReadRowGroupAsync(group, cancellationToken))
                yield return row;
        }
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private static ValueTask DisposeAsync(ParquetReader? reader) => reader?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static InvalidDataException NoTable(string path, Exception? cause) =>
        new($"{path} is not a complete file of clip embed --parquet.", cause);

    private async Task<EmbeddingRow[]> ReadRowGroupAsync(
        ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        var ids = await StringsAsync(group, ParquetFormat.Id, cancellationToken);
        var paths = await StringsAsync(group, ParquetFormat.PathName, cancellationToken);
        var texts = await StringsAsync(group, ParquetFormat.Text, cancellationToken);
        var models = await StringsAsync(group, ParquetFormat.Model, cancellationToken);
        var revisions = await StringsAsync(group, ParquetFormat.Revision, cancellationToken);
        var precisions = await StringsAsync(group, ParquetFormat.Precision, cancellationToken);
        var errors = await StringsAsync(group, ParquetFormat.Error, cancellationToken);
        var tokenCounts = await ValuesAsync<int>(group, ParquetFormat.TokenCount, cancellationToken);
        var truncated = await ValuesAsync<bool>(group, ParquetFormat.Truncated, cancellationToken);
        var sizes = await ValuesAsync<long>(group, ParquetFormat.Size, cancellationToken);
        var modified = await ValuesAsync<DateTime>(group, ParquetFormat.Modified, cancellationToken);
        var vectors = await VectorsAsync(group, cancellationToken);

        var rows = new EmbeddingRow[group.RowCount];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new EmbeddingRow
            {
                Id = ids[i]!,
                Path = paths[i],
                Text = texts[i],
                Model = models[i]!,
                Revision = revisions[i]!,
                Precision = precisions[i]!,
                TokenCount = tokenCounts[i],
                Truncated = truncated[i],
                Size = sizes[i],
                Modified = modified[i] is { } time ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : null,
                Error = errors[i],
                Vector = vectors[i],
            };
        }

        return rows;
    }

    private static async Task<string?[]> StringsAsync(
        ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
    {
        var values = new string?[group.RowCount];
        await group.ReadAsync(field, values!, cancellationToken: cancellationToken);
        return values;
    }

    private static async Task<T?[]> ValuesAsync<T>(
        ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
        where T : struct
    {
        var values = new T?[group.RowCount];
        await group.ReadAsync<T>(field, values, cancellationToken: cancellationToken);
        return values;
    }

    private async Task<ReadOnlyMemory<float>[]> VectorsAsync(
        ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        var levels = (int)(group.GetMetadata(ParquetFormat.Element)?.MetaData?.NumValues
            ?? throw NoTable(_path, null));
        var values = new float[levels];
        var definitions = new int[levels];
        var repetitions = new int[levels];
        await group.ReadRawAsync<float>(ParquetFormat.Element, values, definitions, repetitions, cancellationToken);

        var vectors = new ReadOnlyMemory<float>[group.RowCount];
        var (level, value) = (0, 0);
        for (var row = 0; row < vectors.Length; row++)
        {
            if (level < levels && definitions[level] == ParquetFormat.NullLevel)
            {
                level++;
                continue;
            }

            vectors[row] = values.AsMemory(value, Dimensions);
            level += Dimensions;
            value += Dimensions;
        }

        return level == levels ? vectors : throw NoTable(_path, null);
    }
}
