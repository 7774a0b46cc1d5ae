using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// Embeddings of one model in a file that only grows: a header that names the model, then a record per embedding, each
/// with its checksum and written at once. What an interrupted write left at the end is cut off when the file is opened.
/// Not thread-safe; one process at a time.
/// </summary>
internal sealed class EmbeddingStore : IDisposable
{
    private static readonly byte[] Magic = [.. "CLIPEMB"u8, 1];

    private readonly SafeFileHandle _file;
    private readonly StoredRecord _record;
    private readonly Dictionary<EmbeddingKey, long> _offsets = [];
    private long _end;

    private EmbeddingStore(SafeFileHandle file, int dimensions)
    {
        _file = file;
        _record = new StoredRecord(dimensions);
    }

    /// <summary>Embeddings in the file.</summary>
    public int Count => _offsets.Count;

    /// <summary>Bytes that were cut off because they were no sound record.</summary>
    public long DamagedBytes { get; private set; }

    /// <param name="path">The file; made where it is missing.</param>
    /// <param name="model">What made the embeddings; those of another model are never given out.</param>
    /// <param name="dimensions">Elements of an embedding.</param>
    /// <param name="resume">False: what the file holds is thrown away.</param>
    /// <exception cref="CliException">The file is another model's, or in use, or cannot be written.</exception>
    public static EmbeddingStore Open(string path, string model, int dimensions, bool resume)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(
                path, resume ? FileMode.OpenOrCreate : FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse(
                $"--out: {path} cannot be opened; does another run use it? {exception.Message}", exception);
        }

        var store = new EmbeddingStore(file, dimensions);
        try
        {
            store.ReadHeader(path, Header(model, dimensions));
            store.ReadRecords();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <param name="vector">[dimensions]; filled if the result is true.</param>
    public bool TryRead(EmbeddingKey key, Span<float> vector)
    {
        if (!_offsets.TryGetValue(key, out var offset))
            return false;

        _record.ReadAt(_file, offset);
        _record.CopyVector(vector);
        return true;
    }

    /// <param name="vector">[dimensions].</param>
    public void Append(EmbeddingKey key, ReadOnlySpan<float> vector)
    {
        var bytes = _record.Fill(key, vector);
        RandomAccess.Write(_file, bytes, _end);
        _offsets[key] = _end;
        _end += bytes.Length;
    }

    public void Dispose() => _file.Dispose();

    private static byte[] Header(string model, int dimensions)
    {
        var name = Encoding.UTF8.GetBytes(model);
        var header = new byte[Magic.Length + 2 * sizeof(int) + name.Length];
        Magic.CopyTo(header, 0);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length), dimensions);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length + sizeof(int)), name.Length);
        name.CopyTo(header, Magic.Length + 2 * sizeof(int));
        return header;
    }

    private void ReadHeader(string path, byte[] expected)
    {
        var found = new byte[expected.Length];
        var read = RandomAccess.Read(_file, found, 0);
        if (!found.AsSpan(0, read).SequenceEqual(expected.AsSpan(0, read)))
        {
            throw CliException.WrongUse(
                $"--out: {path} holds something other than this model's embeddings. --no-resume starts again.");
        }

        // A new file, or one whose header was cut short.
        if (read < expected.Length)
            RandomAccess.Write(_file, expected, 0);
        _end = expected.Length;
    }

    private void ReadRecords()
    {
        var length = RandomAccess.GetLength(_file);
        while (_record.TryReadAt(_file, _end, length))
        {
            _offsets[_record.Key] = _end;
            _end += _record.Length;
        }

        DamagedBytes = length - _end;
        RandomAccess.SetLength(_file, _end);
    }
}
