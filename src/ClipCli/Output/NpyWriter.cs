using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ClipGrpc.Cli.Output;

/// <summary>
/// Writes a NumPy file (format 1.0) of float32 [rows, columns], row by row. The file appears under its name when it is
/// whole, and not at all when the run breaks off.
/// </summary>
internal sealed class NpyWriter : IDisposable
{
    // The data starts at a multiple of this, as the format asks for.
    private const int Alignment = 64;

    private static readonly byte[] MagicAndVersion = [0x93, .. "NUMPY"u8, 1, 0];

    private readonly string _path;
    private readonly string _partialPath;
    private readonly FileStream _file;
    private readonly int _rows;
    private readonly float[] _row;
    private int _written;

    public NpyWriter(string path, int rows, int columns)
    {
        if (Directory.Exists(path))
            throw new IOException("it is a folder.");
        _path = path;
        _partialPath = path + ".partial";
        _rows = rows;
        _row = new float[columns];
        _file = File.Create(_partialPath);
        WriteHeader(rows, columns);
    }

    /// <param name="values">One value per column, or none for a row of NaN.</param>
    public void WriteRow(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
            _row.AsSpan().Fill(float.NaN);
        else if (values.Length == _row.Length)
            values.CopyTo(_row);
        else
            throw new CliException(ExitCode.Failure, $"an embedding has {values.Length} elements, not {_row.Length}.");

        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<float, int>(_row.AsSpan());
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        _file.Write(MemoryMarshal.AsBytes(_row.AsSpan()));
        _written++;
    }

    /// <summary>Gives the file its name.</summary>
    public void Commit()
    {
        if (_written != _rows)
            throw new InvalidOperationException($"{_written} of {_rows} rows were written.");
        _file.Dispose();
        File.Move(_partialPath, _path, overwrite: true);
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_partialPath);
    }

    private void WriteHeader(int rows, int columns)
    {
        var description = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}";
        var unpadded = MagicAndVersion.Length + sizeof(ushort) + description.Length + 1;
        var padding = (Alignment - unpadded % Alignment) % Alignment;
        var header = Encoding.ASCII.GetBytes(description + new string(' ', padding) + "\n");

        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        _file.Write(MagicAndVersion);
        _file.Write(length);
        _file.Write(header);
    }
}
