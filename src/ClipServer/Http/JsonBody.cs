using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The JSON object of a request. Everything that could fail later is checked before it is parsed: the length, the
/// nesting, the number of tokens (a parsed one takes 12 bytes, and the shortest has two), and the encoding of texts.
/// </summary>
internal sealed class JsonBody : IDisposable
{
    public const int MaxDepth = 32;
    public const int MaxTokens = 500_000;

    private const int FirstRead = 64 * 1024;

    /// <summary>One such part of the body must arrive in each of the limit's times.</summary>
    private const int MinParts = 8;

    private readonly JsonDocument _document;
    private readonly byte[] _bytes;

    private JsonBody(JsonDocument document, byte[] bytes) => (_document, _bytes) = (document, bytes);

    public JsonElement Root => _document.RootElement;

    /// <exception cref="RequestException">It is too large, too slow, not JSON, or not an object.</exception>
    /// <exception cref="ClipException">Overloaded: there is no memory for it.</exception>
    public static async Task<JsonBody> ReadAsync(
        HttpRequest request, BodyLimits limits, CallMemory memory, CancellationToken cancellationToken)
    {
        if (request.Headers.ContentEncoding is [{ } encoding] && encoding != "identity")
        {
            throw Invalid(
                $"The body is compressed ({Excerpt.Of(encoding)}); send it without Content-Encoding.",
                StatusCodes.Status415UnsupportedMediaType);
        }

        // A length that is not known yet can become the largest.
        var expected = request.ContentLength ?? limits.MaxBytes;
        if (expected > limits.MaxBytes)
            throw RefuseLong(request, limits.MaxBytes);

        await memory.ReserveBodyAsync(expected);
        var bytes = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? FirstRead));
        try
        {
            var length = 0;
            await foreach (var part in ReadPartsAsync(request.BodyReader, expected, limits, cancellationToken))
            {
                if (length + part.Length > limits.MaxBytes)
                    throw TooLarge(limits.MaxBytes);
                while (length + part.Length > bytes.Length)
                    bytes = Grow(bytes);
                part.CopyTo(bytes.AsSpan(length));
                length += (int)part.Length;
            }

            return new JsonBody(Parse(bytes.AsMemory(0, length)), bytes);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    public void Dispose()
    {
        _document.Dispose();
        ArrayPool<byte>.Shared.Return(_bytes);
    }

    public static RequestException TooLarge(int maxBytes) => new(
        new RequestError(
            ClipErrorReason.MessageTooLarge, $"The body is larger than the maximum of {maxBytes:N0} bytes.")
        {
            Status = StatusCodes.Status413PayloadTooLarge,
            ErrorCode = "request_too_large",
        });

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

    private static byte[] Grow(byte[] bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * bytes.Length);
        bytes.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(bytes);
        return larger;
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.StartsWith("\uFEFF"u8))
            bytes = bytes["\uFEFF"u8.Length..];
        if (bytes.IsEmpty)
            throw Invalid("The body is empty; send a JSON object.");
        if (!Utf8.IsValid(bytes.Span))
            throw Invalid("The body is not JSON: it is not UTF-8.");

        Check(bytes.Span);
        var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth });
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;

        document.Dispose();
        throw Invalid("The body is not a JSON object.");
    }

    private static void Check(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
        byte[]? scratch = null;
        try
        {
            for (var tokens = 0; reader.Read(); tokens++)
            {
                if (tokens == MaxTokens)
                    throw Invalid($"The body has more than {MaxTokens:N0} JSON tokens.");
                if (!reader.ValueIsEscaped)
                    continue;

                // An escaped half of a surrogate pair is JSON, but no text.
                scratch ??= ArrayPool<byte>.Shared.Rent(bytes.Length);
                reader.CopyString(scratch);
            }
        }
        catch (JsonException exception)
        {
            throw Invalid($"The body is not JSON: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            throw Invalid($"The body is not JSON: the text at byte {reader.TokenStartIndex} is not valid UTF-16.");
        }
        finally
        {
            if (scratch is not null)
                ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static RequestException Invalid(string message, int? status = null) =>
        new(new RequestError(ClipErrorReason.MalformedRequest, message)
        {
            Status = status,
            ErrorCode = "invalid_json",
        });
}
