using System.Security.Cryptography;

namespace ClipGrpc.Models.Hub;

/// <summary>
/// A file being downloaded: it is hashed while it is written, so that it need not be read again at the end.
/// </summary>
internal sealed class PartFile : IDisposable
{
    private const int BufferLength = 1 << 20;

    private readonly FileStream _stream;
    private readonly HubFile _file;
    private IncrementalHash _hash;

    private PartFile(FileStream stream, HubFile file)
    {
        _stream = stream;
        _file = file;
        _hash = file.Hash.Begin(file.Size);
    }

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }

    public bool IsComplete => Length == _file.Size;

    public bool IsVerified => IsComplete && _file.Hash.Matches(_hash);

    /// <summary>Opens what an earlier download left, or begins.</summary>
    public static async Task<PartFile> OpenAsync(string path, HubFile file, CancellationToken cancellationToken)
    {
        // Unbuffered: what was written is there for the next try, even when this process is killed.
        var stream = new FileStream(
            path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 0, useAsync: true);
        var part = new PartFile(stream, file);
        try
        {
            if (stream.Length > file.Size)
                part.Restart();
            await part.ReadAsync(cancellationToken);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Throws away what is there.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        Length = 0;
        _hash.Dispose();
        _hash = _file.Hash.Begin(_file.Size);
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(bytes, cancellationToken);
        _hash.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>
    /// Flushes the content to disk: a power cut must not leave a name in the cache without its content.
    /// </summary>
    public void Flush() => _stream.Flush(flushToDisk: true);

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_stream.Length == 0)
            return;

        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        int read;
        while ((read = await _stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            _hash.AppendData(buffer, 0, read);
            Length += read;
        }
    }
}
