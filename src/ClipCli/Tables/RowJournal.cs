using System.Buffers.Binary;
using System.Text.Json;
using ClipGrpc.Cli.Storage;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli.Tables;

/// <summary>
/// Rows in a file that only grows, each with its checksum and written at once: what a run has done, whatever ends it.
/// Little endian: a magic, then records (<see cref="RecordFile"/>); the first one is the table's identity as JSON, the
/// others hold the length of the row's JSON, the JSON and the embedding. An incomplete record at the end, of an
/// interrupted write, is removed when the file is opened. Not thread-safe; one process at a time.
/// </summary>
internal sealed class RowJournal : IDisposable
{
    private const int LongestBody = 256 * 1024 * 1024;

    // What .NET passes on for the lock of another process: EAGAIN of Linux, that of macOS, and Windows' error.
    private static readonly int[] LockedResults = [11, 35, unchecked((int)0x80070020)];

    private static readonly byte[] Magic = [.. "CLIPROWS"u8, 1];

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly RecordFile _records;

    private RowJournal(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
        _records = new RecordFile(file, minBody: 1, LongestBody) { End = Magic.Length };
    }

    /// <summary>Bytes that were cut off because they were no sound record.</summary>
    public long DamagedBytes { get; private set; }

    /// <summary>Opens a file or makes it; <see cref="Load"/> is to follow.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="CliException">Another run has it open.</exception>
    public static RowJournal Open(string path)
    {
        try
        {
            var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new RowJournal(path, file);
        }
        catch (IOException exception) when (LockedResults.Contains(exception.HResult))
        {
            throw new CliException(
                ExitCode.Failure, $"{path} is in use by another process. Wait until it exits.", exception);
        }
    }

    /// <summary>Reads what is there, and starts a file that is new.</summary>
    /// <param name="identity">Of the table that is to be written.</param>
    /// <param name="add">Gets each row, with its place.</param>
    /// <exception cref="CliException">It is another table's, or no such file.</exception>
    public void Load(TableIdentity identity, Action<EmbeddingRow, long> add)
    {
        var length = RandomAccess.GetLength(_file);
        var magic = new byte[Magic.Length];
        var read = RandomAccess.Read(_file, magic, 0);
        if (!Magic.AsSpan().StartsWith(magic.AsSpan(0, read)))
            throw CliException.WrongUse($"{_path} is not a journal of this command. Move or delete it.");

        DamagedBytes = length;
        if (_records.TryReadNext() is { } header)
        {
            var found = JsonSerializer.Deserialize(header.Span, TableJson.Default.TableIdentity);
            if (found != identity)
            {
                throw CliException.WrongUse(
                    $"{_path} has embeddings of {found}, but the server has {identity}. Delete it to start again.");
            }

            for (var place = _records.End; _records.TryReadNext() is { } body; place = _records.End)
                add(Decode(body.Span), place);

            DamagedBytes = length - _records.End;
        }

        RandomAccess.SetLength(_file, _records.End);
        if (_records.End == Magic.Length)
        {
            // New, or cut before its first record was whole.
            RandomAccess.Write(_file, Magic, 0);
            Append(JsonSerializer.SerializeToUtf8Bytes(identity, TableJson.Default.TableIdentity), default);
        }
    }

    /// <returns>The row's place.</returns>
    public long Append(EmbeddingRow row)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(row, TableJson.Default.EmbeddingRow);
        var prefixed = new byte[sizeof(int) + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(prefixed, json.Length);
        json.CopyTo(prefixed, sizeof(int));
        return Append(prefixed, row.Vector.Span);
    }

    /// <param name="place">From <see cref="Append(EmbeddingRow)"/> or <see cref="Load"/>.</param>
    public EmbeddingRow Read(long place) => _records.TryRead(place) is { } body
        ? Decode(body.Span)
        : throw new CliException(ExitCode.Failure, $"{_path}: a row changed after it was written. Delete the file.");

    public void Dispose() => _file.Dispose();

    private static EmbeddingRow Decode(ReadOnlySpan<byte> body)
    {
        var json = BinaryPrimitives.ReadInt32LittleEndian(body);
        var row = JsonSerializer.Deserialize(body.Slice(sizeof(int), json), TableJson.Default.EmbeddingRow)!;
        var bytes = body[(sizeof(int) + json)..];
        var vector = new float[bytes.Length / sizeof(float)];
        Floats.Read(bytes, vector);
        return row with { Vector = vector };
    }

    private long Append(ReadOnlySpan<byte> head, ReadOnlySpan<float> vector)
    {
        var body = _records.Begin(head.Length + vector.Length * sizeof(float));
        head.CopyTo(body);
        Floats.Write(vector, body[head.Length..]);
        return _records.Append();
    }
}
