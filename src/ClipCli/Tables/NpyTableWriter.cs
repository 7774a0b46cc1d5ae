using ClipGrpc.Cli.Output;
using ClipGrpc.Cli.Storage;

namespace ClipGrpc.Cli.Tables;

/// <summary>Writes a NumPy file and its names file. The row of an item that failed is NaN.</summary>
internal sealed class NpyTableWriter : ITableWriter
{
    private readonly PendingFile _names;
    private readonly PendingFile _values;
    private readonly float[] _missing;
    private readonly byte[] _row;
    private long _rows;

    public NpyTableWriter(string path, int dimensions)
    {
        _missing = new float[dimensions];
        _missing.AsSpan().Fill(float.NaN);
        _row = new byte[dimensions * sizeof(float)];
        _names = new PendingFile(NpyFormat.NamesPath(path));
        _values = new PendingFile(path);
        _values.Stream.Write(NpyFormat.Header(0, dimensions));
    }

    public ValueTask WriteAsync(EmbeddingRow row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Floats.Write(row.Vector.IsEmpty ? _missing : row.Vector.Span, _row);
        _values.Stream.Write(_row);
        JsonOutput.Write(_names.Stream, row, TableJson.Default.EmbeddingRow);
        _names.Stream.WriteByte((byte)'\n');
        _rows++;
        return ValueTask.CompletedTask;
    }

    public Task CommitAsync(CancellationToken cancellationToken)
    {
        _values.Stream.Position = 0;
        _values.Stream.Write(NpyFormat.Header(_rows, _missing.Length));
        _names.Commit();
        _values.Commit();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _names.Dispose();
        _values.Dispose();
        return ValueTask.CompletedTask;
    }
}
