using System.Security;
using Google.Protobuf;

namespace ClipGrpc.Client.Internal;

/// <summary>The bytes of a file, read for each call. Those of a pipe can be read only once and are kept.</summary>
internal sealed class ImageFile(string path)
{
    private readonly SemaphoreSlim _lock = new(1, 1);
    private ImageStream? _pipe;

    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: it cannot be read, or is larger than <paramref name="maxBytes"/>.
    /// </exception>
    public async ValueTask<ByteString> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw InputErrors.Unreadable(path, "it is a folder", null);

        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _pipe is not null
                ? await _pipe.ReadAsync(maxBytes, cancellationToken).ConfigureAwait(false)
                : await ReadFileAsync(maxBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw InputErrors.Unreadable(path, "the file does not exist", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SecurityException
            or ArgumentException or NotSupportedException)
        {
            throw InputErrors.Unreadable(path, exception.Message, exception);
        }
        finally
        {
            _lock.Release();
        }
    }

    private async Task<ByteString> ReadFileAsync(int maxBytes, CancellationToken cancellationToken)
    {
        var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            bufferSize: 1, // None; 0 is not valid everywhere.
            FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            if (!file.CanSeek)
            {
                _pipe = new ImageStream(file, path);
                return await _pipe.ReadAsync(maxBytes, cancellationToken).ConfigureAwait(false);
            }

            if (file.Length > maxBytes)
                throw InputErrors.TooLarge(path, file.Length, maxBytes);

            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            if (await file.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0)
                throw InputErrors.Unreadable(path, "it grows while it is read; try again when it is complete", null);

            return UnsafeByteOperations.UnsafeWrap(bytes);
        }
    }
}
