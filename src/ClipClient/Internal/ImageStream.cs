using Google.Protobuf;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The bytes of a stream, read once and kept for all calls that need them, concurrent ones included. After a cancelled
/// call, reading goes on where it stopped if the stream can seek.
/// </summary>
internal sealed class ImageStream(Stream stream, string name)
{
    private const int BufferBytes = 64 * 1024;

    private readonly SharedRun<(ByteString? Content, int MaxBytes)> _reading = new();

    // Used by one run at a time, so without a lock.
    private MemoryStream _bytes = new();
    private long? _start;
    private bool _isTorn;

    private volatile ByteString? _content;

    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: it cannot be read, or is larger than <paramref name="maxBytes"/>.
    /// </exception>
    public async ValueTask<ByteString> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_content is { } known)
                return known;

            var (content, limit) = await _reading
                .JoinAsync(token => ReadOnAsync(maxBytes, token), cancellationToken).ConfigureAwait(false);
            if (content is not null)
                return content;

            // The run stopped at the limit of the call that started it, which may be smaller than this call's.
            if (limit >= maxBytes)
                throw InputErrors.TooLarge(name, null, maxBytes);
        }
    }

    private async Task<(ByteString? Content, int MaxBytes)> ReadOnAsync(
        int maxBytes, CancellationToken cancellationToken)
    {
        if (_content is null)
        {
            try
            {
                if (!await FillAsync(maxBytes, cancellationToken).ConfigureAwait(false))
                    return (null, maxBytes);
            }
            catch (Exception exception)
                when (exception is not ClipClientException && !cancellationToken.IsCancellationRequested)
            {
                throw InputErrors.Unreadable(name, exception.Message, exception);
            }

            _content = UnsafeByteOperations.UnsafeWrap(_bytes.GetBuffer().AsMemory(0, (int)_bytes.Length));
            _bytes = new MemoryStream();
        }

        return (_content, maxBytes);
    }

    /// <summary>False when there are more bytes than that.</summary>
    private async Task<bool> FillAsync(int maxBytes, CancellationToken cancellationToken)
    {
        Rewind();
        var buffer = new byte[BufferBytes];
        while (_bytes.Length <= maxBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A read that throws may have consumed bytes that are then lost.
            _isTorn = true;
            var read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _isTorn = false;
            if (read == 0)
                return true;
            _bytes.Write(buffer, 0, read);
        }

        return false;
    }

    private void Rewind()
    {
        if (stream.CanSeek)
        {
            _start ??= stream.Position;
            stream.Position = _start.Value + _bytes.Length;
        }
        else if (_isTorn)
        {
            throw InputErrors.Unreadable(
                name,
                "an earlier call was cancelled or failed while it read the stream, and the stream cannot seek; "
                + "create a new image from a new stream, a seekable stream or bytes",
                null);
        }
    }
}
