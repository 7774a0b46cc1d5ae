using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Server.Http;

/// <summary>The body of a request, in a pooled array.</summary>
internal sealed class BodyBytes : IDisposable
{
    private const int FirstRead = 64 * 1024;

    /// <summary>One such part of the body must arrive in each of the limit's times.</summary>
    private const int MinParts = 8;

    private byte[]? _bytes;
    private int _length;

    private BodyBytes(int capacity) => _bytes = LargeBuffers.Rent(capacity);

    /// <summary>Until it is disposed.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    /// <param name="isDecompressed">A compressed body is taken too; otherwise it is refused.</param>
    /// <exception cref="RequestException">It is too large, too slow, or not compressed as it should be.</exception>
    /// <exception cref="ClipException">Overloaded: there is no memory for it.</exception>
    public static async Task<BodyBytes> ReadAsync(
        HttpRequest request, BodyLimits limits, CallMemory memory, bool isDecompressed,
        CancellationToken cancellationToken)
    {
        var encoding = request.Headers.ContentEncoding is [{ } named] && named != "identity" ? named : null;
        if (encoding is not null && !(isDecompressed && encoding is "gzip" or "deflate"))
        {
            throw Invalid(
                $"The body is compressed ({Excerpt.Of(encoding)}); "
                + (isDecompressed ? "only gzip and deflate are supported." : "send it without Content-Encoding."),
                StatusCodes.Status415UnsupportedMediaType);
        }

        // A length that is not known yet can become the largest.
        var expected = request.ContentLength ?? limits.MaxBytes;
        if (expected > limits.MaxBytes)
            throw RefuseLong(request, limits.MaxBytes);

        await memory.ReserveBodyAsync(encoding is null ? expected : limits.MaxBytes);
        var bytes = new BodyBytes((int)(request.ContentLength ?? FirstRead));
        try
        {
            if (!bytes.TryReadAll(request.BodyReader, limits.MaxBytes))
            {
                await foreach (var part in ReadPartsAsync(request.BodyReader, expected, limits, cancellationToken))
                    bytes.Append(part, limits.MaxBytes);
            }

            return encoding is null ? bytes : bytes.Decompress(encoding, limits.MaxBytes);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            LargeBuffers.Return(bytes);
    }

    public static RequestException TooLarge(int maxBytes) => new(
        new RequestError(
            ClipErrorReason.MessageTooLarge, $"The body is larger than the maximum of {maxBytes:N0} bytes.")
        {
            Status = StatusCodes.Status413PayloadTooLarge,
            ErrorCode = "request_too_large",
        });

    /// <summary>A small body mostly arrives with its headers, and needs neither timers nor waiting.</summary>
    /// <returns>False: nothing was read, because more is to come.</returns>
    private bool TryReadAll(PipeReader body, int maxBytes)
    {
        if (!body.TryRead(out var read))
            return false;
        if (!read.IsCompleted)
        {
            body.AdvanceTo(read.Buffer.Start);
            return false;
        }

        Append(read.Buffer, maxBytes);
        body.AdvanceTo(read.Buffer.End);
        return true;
    }

    private void Append(in ReadOnlySequence<byte> part, int maxBytes)
    {
        if (_length + part.Length > maxBytes)
            throw TooLarge(maxBytes);

        part.CopyTo(Reserve((int)part.Length));
        _length += (int)part.Length;
    }

    /// <summary>Room for so many more bytes.</summary>
    private Span<byte> Reserve(int count)
    {
        while (_length + count > _bytes!.Length)
        {
            var larger = LargeBuffers.Rent(2 * _bytes.Length);
            _bytes.AsSpan(0, _length).CopyTo(larger);
            LargeBuffers.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_length);
    }

    /// <summary>The decompressed bytes in place of these; it stops at the largest length of a body.</summary>
    private BodyBytes Decompress(string encoding, int maxBytes)
    {
        var result = new BodyBytes(Math.Max(_length, FirstRead));
        try
        {
            MemoryMarshal.TryGetArray(Memory, out var compressed);
            using var source = new MemoryStream(compressed.Array!, compressed.Offset, compressed.Count);
            using Stream stream = encoding == "gzip"
                ? new GZipStream(source, CompressionMode.Decompress)
                : new ZLibStream(source, CompressionMode.Decompress);
            while (stream.Read(result.Reserve(1)) is > 0 and var read)
            {
                result._length += read;
                if (result._length > maxBytes)
                    throw TooLarge(maxBytes);
            }

            Dispose();
            return result;
        }
        catch (InvalidDataException)
        {
            result.Dispose();
            throw Invalid($"The body is not valid {encoding} data.", StatusCodes.Status400BadRequest);
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>What Kestrel would refuse too it has to see, so that it closes the connection.</summary>
    private static RequestException RefuseLong(HttpRequest request, int maxBytes)
    {
        if (request.BodyReader.TryRead(out var read))
            request.BodyReader.AdvanceTo(read.Buffer.Start);
        return TooLarge(maxBytes);
    }

    /// <summary>Reads until the end. A read that a token ended would leave the reader in use.</summary>
    private static async IAsyncEnumerable<ReadOnlySequence<byte>> ReadPartsAsync(
        PipeReader body, long expected, BodyLimits limits, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limits.Timeout, limits.Time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        await using var registration = ended.Token.UnsafeRegister(
            static reader => ((PipeReader)reader!).CancelPendingRead(), body);
        for (long length = 0, mark = expected / MinParts; ;)
        {
            var read = await body.ReadAsync(CancellationToken.None);
            if (read.IsCanceled)
            {
                body.AdvanceTo(read.Buffer.Start);
                cancellationToken.ThrowIfCancellationRequested();
                throw Invalid(
                    "The body was not completed in time. Send it as a whole.", StatusCodes.Status408RequestTimeout);
            }

            yield return read.Buffer;
            length += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                yield break;
            if (length < mark)
                continue;

            mark = length + expected / MinParts;
            late.CancelAfter(limits.Timeout);
        }
    }

    private static RequestException Invalid(string message, int status) =>
        new(new RequestError(ClipErrorReason.MalformedRequest, message)
        {
            Status = status,
            ErrorCode = "invalid_json",
        });
}
