using System.Runtime.CompilerServices;
using System.Text.Json;
using ClipGrpc.Cli.Storage;

namespace ClipGrpc.Cli.Tables;

/// <summary>Reads a NumPy file and the names file beside it.</summary>
internal sealed class NpyTableReader : ITableReader
{
    private readonly string _path;
    private readonly FileStream _values;
    private readonly long _rows;

    private NpyTableReader(string path, FileStream values, long rows, int dimensions)
    {
        _path = path;
        _values = values;
        _rows = rows;
        Dimensions = dimensions;
    }

    public int Dimensions { get; }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static NpyTableReader Open(string path)
    {
        var values = File.OpenRead(path);
        try
        {
            var header = new byte[NpyFormat.HeaderBytes];
            var read = values.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            if (NpyFormat.ReadHeader(header.AsSpan(0, read)) is not var (rows, columns)
                || values.Length != NpyFormat.HeaderBytes + rows * columns * sizeof(float))
            {
                throw new InvalidDataException($"{path} is not a complete file of clip embed --npy.");
            }

            return new NpyTableReader(path, values, rows, columns);
        }
        catch
        {
            values.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<EmbeddingRow> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = NpyFormat.NamesPath(_path);
        using var reader = new StreamReader(names);
        var bytes = new byte[Dimensions * sizeof(float)];
        long row = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (row++ == _rows)
                throw new InvalidDataException($"{names} has more lines than {_path} has rows.");

            await _values.ReadExactlyAsync(bytes, cancellationToken);
            var entry = Parse(names, row, line);
            yield return entry.Error is null ? entry with { Vector = Decode(bytes) } : entry;
        }

        if (row < _rows)
            throw new InvalidDataException($"{names} has {row} lines, and {_path} has {_rows} rows.");
    }

    public ValueTask DisposeAsync() => _values.DisposeAsync();

    private static EmbeddingRow Parse(string path, long number, string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, TableJson.Default.EmbeddingRow)
                ?? throw new InvalidDataException($"{path}: line {number} is null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: line {number} is not a row of clip embed --npy.", exception);
        }
    }

    private static float[] Decode(byte[] bytes)
    {
        var values = new float[bytes.Length / sizeof(float)];
        Floats.Read(bytes, values);
        return values;
    }
}
