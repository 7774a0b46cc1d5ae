using System.Buffers.Binary;
using System.Text.Json;
using ClipGrpc.Models.Files;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli.Tables;

/// <summary>
/// Rows in a file that only grows, each with its checksum and written at once: what a run has done, whatever ends it.
/// Little endian: a magic, then records of length, CRC-32C and body; the first one is the table's identity as JSON, the
/// others hold the length of the row's JSON, the JSON and the embedding. An incomplete record at the end, of an
/// interrupted write, is removed when the file is opened. Not thread-safe; one process at a time.
/// </summary>
internal sealed class RowJournal : IDisposable
{
    private const int FrameBytes = sizeof(int) + sizeof(uint);
    private const int LongestBody = 256 * 1024 * 1024;

    // What .NET passes on for the lock of another process: EAGAIN of Linux, that of macOS, and Windows' error.
    private static readonly int[] LockedResults = [11, 35, unchecked((int)0x80070020)];

    private static readonly byte[] Magic = [.. "CLIPROWS"u8, 1];

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private byte[] _buffer = new byte[16 * 1024];
    private long _end;

    private RowJournal(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
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

        _end = Magic.Length;
        DamagedBytes = length;
        if (TryReadBody(_end, length) is { } header)
        {
            var found = JsonSerializer.Deserialize(header.Span, TableJson.Default.TableIdentity);
            if (found != identity)
            {
                throw CliException.WrongUse(
                    $"{_path} has embeddings of {found}, but the server has {identity}. Delete it to start again.");
            }

            _end += FrameBytes + header.Length;
            while (TryReadBody(_end, length) is { } body)
            {
                add(Decode(body), _end);
                _end += FrameBytes + body.Length;
            }

            DamagedBytes = length - _end;
        }

        RandomAccess.SetLength(_file, _end);
        if (_end == Magic.Length)
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
    public EmbeddingRow Read(long place) => TryReadBody(place, _end) is { } body
        ? Decode(body)
        : throw new CliException(ExitCode.Failure, $"{_path}: a row changed after it was written. Delete the file.");

    public void Dispose() => _file.Dispose();

    private static EmbeddingRow Decode(ReadOnlyMemory<byte> body)
    {
        var json = BinaryPrimitives.ReadInt32LittleEndian(body.Span);
        var row = JsonSerializer.Deserialize(body.Span.Slice(sizeof(int), json), TableJson.Default.EmbeddingRow)!;
        var bytes = body.Span[(sizeof(int) + json)..];
        var vector = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
            vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
        return row with { Vector = vector };
    }

    private long Append(ReadOnlySpan<byte> head, ReadOnlySpan<float> vector)
    {
        var length = head.Length + vector.Length * sizeof(float);
        Grow(FrameBytes + length);
        var body = _buffer.AsSpan(FrameBytes, length);
        head.CopyTo(body);
        for (var i = 0; i < vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(body[(head.Length + i * sizeof(float))..], vector[i]);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, length);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(sizeof(int)), Crc32C.Append(0, body));

        var place = _end;
        RandomAccess.Write(_file, _buffer.AsSpan(0, FrameBytes + length), place);
        _end += FrameBytes + length;
        return place;
    }

    /// <summary>Null where there is no sound record. Valid until the next use.</summary>
    private ReadOnlyMemory<byte>? TryReadBody(long place, long fileLength)
    {
        if (place + FrameBytes > fileLength)
            return null;
        RandomAccess.Read(_file, _buffer.AsSpan(0, FrameBytes), place);
        var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer);
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(sizeof(int)));
        if (length is <= 0 or > LongestBody || place + FrameBytes + length > fileLength)
            return null;

        Grow(length);
        var body = _buffer.AsMemory(0, length);
        var read = RandomAccess.Read(_file, body.Span, place + FrameBytes);
        return read == length && Crc32C.Append(0, body.Span) == checksum ? body : null;
    }

    private void Grow(int length)
    {
        if (_buffer.Length < length)
            _buffer = new byte[length * 2];
    }
}
