using System.Buffers.Binary;
using System.Text;
using ClipGrpc.Cli.Storage;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli.Embeddings;

/// <summary>
/// Embeddings of one model in a file that only grows: a header that names the model, then a record per embedding, each
/// with its checksum and written at once. What an interrupted write left at the end is cut off when the file is opened.
/// Not thread-safe; one process at a time.
/// </summary>
internal sealed class EmbeddingStore : IDisposable
{
    private static readonly byte[] Magic = [.. "CLIPEMB"u8, 1];

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly byte[] _header;
    private readonly int _dimensions;
    private readonly StoredEmbedding _layout;
    private readonly RecordFile _records;
    private readonly Dictionary<EmbeddingKey, long> _offsets = [];

    private EmbeddingStore(string path, SafeFileHandle file, string model, int dimensions)
    {
        _path = path;
        _file = file;
        _header = Header(model, dimensions);
        _dimensions = dimensions;
        _layout = new StoredEmbedding(dimensions);
        _records = RecordsOf(file);
    }

    /// <summary>Embeddings in the file.</summary>
    public int Count => _offsets.Count;

    /// <summary>Bytes that were cut off because they were no sound record.</summary>
    public long DamagedBytes { get; private set; }

    /// <param name="path">The file; made where it is missing.</param>
    /// <param name="model">What made the embeddings; those of another model are never given out.</param>
    /// <param name="dimensions">Elements of an embedding.</param>
    /// <param name="resume">False: what the file holds is thrown away.</param>
    /// <param name="flags">For errors.</param>
    /// <exception cref="CliException">The file is another model's, or in use, or cannot be written.</exception>
    public static EmbeddingStore Open(string path, string model, int dimensions, bool resume, StoreFlags flags)
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
                $"{flags.File}: {path} cannot be opened. Another run may be using it. {exception.Message}", exception);
        }

        var store = new EmbeddingStore(path, file, model, dimensions);
        try
        {
            store.ReadHeader(flags);
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

        _layout.ReadVector(Read(offset), vector);
        return true;
    }

    /// <param name="vector">[dimensions].</param>
    public void Append(EmbeddingKey key, ReadOnlySpan<float> vector)
    {
        if (vector.Length != _dimensions)
            throw new CliException(ExitCode.Failure, $"an embedding has {vector.Length} elements, not {_dimensions}.");

        _layout.Write(key, vector, _records.Begin(_layout.BytesOf(key)));
        _offsets[key] = _records.Append();
    }

    /// <summary>
    /// Closes the store and removes all embeddings but those of <paramref name="keys"/>, in one step: an interruption
    /// leaves the old file.
    /// </summary>
    /// <returns>How many were removed.</returns>
    /// <exception cref="IOException">The new file cannot be written.</exception>
    public int CloseKeeping(IReadOnlySet<EmbeddingKey> keys)
    {
        var kept = _offsets.Where(record => keys.Contains(record.Key)).OrderBy(record => record.Value).ToList();
        var removed = _offsets.Count - kept.Count;
        if (removed == 0)
        {
            Dispose();
            return 0;
        }

        using var file = new PendingFile(_path);
        WriteTo(file.Stream.SafeFileHandle, kept);
        Dispose();
        file.Commit();
        return removed;
    }

    public void Dispose() => _file.Dispose();

    private void WriteTo(SafeFileHandle file, List<KeyValuePair<EmbeddingKey, long>> records)
    {
        RandomAccess.Write(file, _header, 0);
        var written = RecordsOf(file);
        foreach (var (_, offset) in records)
        {
            var body = Read(offset);
            body.CopyTo(written.Begin(body.Length));
            written.Append();
        }
    }

    private RecordFile RecordsOf(SafeFileHandle file) =>
        new(file, _layout.MinBytes, _layout.MaxBytes) { End = _header.Length };

    private ReadOnlySpan<byte> Read(long offset) => _records.TryRead(offset) is { } body
        ? body.Span
        : throw new CliException(ExitCode.Failure, "the stored embeddings were changed by another program.");

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

    private void ReadHeader(StoreFlags flags)
    {
        var found = new byte[_header.Length];
        var read = RandomAccess.Read(_file, found, 0);
        if (!found.AsSpan(0, read).SequenceEqual(_header.AsSpan(0, read)))
        {
            throw CliException.WrongUse(
                $"{flags.File}: {_path} contains something other than this model's embeddings. "
                + $"Use {flags.Restart} to start again.");
        }

        // A new file, or one whose header was cut short.
        if (read < _header.Length)
            RandomAccess.Write(_file, _header, 0);
    }

    private void ReadRecords()
    {
        for (var place = _records.End; _records.TryReadNext() is { } body; place = _records.End)
            _offsets[_layout.ReadKey(body.Span)] = place;

        DamagedBytes = RandomAccess.GetLength(_file) - _records.End;
        RandomAccess.SetLength(_file, _records.End);
    }
}
