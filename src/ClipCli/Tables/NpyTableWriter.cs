using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Tables;

/// <summary>Writes a NumPy file and its names file. The row of an item that failed is NaN.</summary>
internal sealed class NpyTableWriter : ITableWriter
{
    private readonly PendingFile _names;
    private readonly PendingFile _values;
    private readonly float[] _row;
    private long _rows;

    public NpyTableWriter(string path, int dimensions)
    {
        _row = new float[dimensions];
        _names = new PendingFile(NpyFormat.NamesPath(path));
        _values = new PendingFile(path);
        _values.Stream.Write(NpyFormat.Header(0, dimensions));
    }

    public ValueTask WriteAsync(EmbeddingRow row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (row.Vector.IsEmpty)
            _row.AsSpan().Fill(float.NaN);
        else
            row.Vector.Span.CopyTo(_row);
        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<float, int>(_row.AsSpan());
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        _values.Stream.Write(MemoryMarshal.AsBytes(_row.AsSpan()));
        JsonOutput.Write(_names.Stream, row, TableJson.Default.EmbeddingRow);
        _names.Stream.WriteByte((byte)'\n');
        _rows++;
        return ValueTask.CompletedTask;
    }

    public Task CommitAsync(CancellationToken cancellationToken)
    {
        _values.Stream.Position = 0;
        _values.Stream.Write(NpyFormat.Header(_rows, _row.Length));
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
