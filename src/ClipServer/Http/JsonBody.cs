using System.Text.Json;
using System.Text.Unicode;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The JSON object of a request. Everything that could fail later is checked before it is parsed: the length, the
/// nesting, the number of tokens (a parsed one takes 12 bytes, and the shortest has two), and the encoding of texts.
/// </summary>
internal sealed class JsonBody : IDisposable
{
    public const int MaxDepth = 32;
    public const int MaxTokens = 500_000;

    private readonly JsonDocument _document;
    private readonly BodyBytes _bytes;

    private JsonBody(JsonDocument document, BodyBytes bytes) => (_document, _bytes) = (document, bytes);

    public JsonElement Root => _document.RootElement;

    /// <summary>What follows the JSON, if it has a length.</summary>
    public ReadOnlyMemory<byte> Rest { get; private init; }

    /// <exception cref="RequestException">It is too large, too slow, not JSON, or not an object.</exception>
    /// <exception cref="ClipException">Overloaded: there is no memory for it.</exception>
    public static async Task<JsonBody> ReadAsync(
        HttpRequest request, BodyLimits limits, CallMemory memory, CancellationToken cancellationToken) =>
        Parse(await BodyBytes.ReadAsync(request, limits, memory, isDecompressed: false, cancellationToken));

    /// <param name="bytes">Are disposed with the result, or at once if there is none.</param>
    /// <param name="length">Of the JSON; null: that of the body.</param>
    /// <exception cref="RequestException">It is not JSON, or not an object.</exception>
    public static JsonBody Parse(BodyBytes bytes, int? length = null)
    {
        try
        {
            var json = bytes.Memory[..(length ?? bytes.Memory.Length)];
            return new JsonBody(Parse(json), bytes) { Rest = bytes.Memory[json.Length..] };
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _document.Dispose();
        _bytes.Dispose();
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
                scratch ??= LargeBuffers.Rent(bytes.Length);
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
                LargeBuffers.Return(scratch);
        }
    }

    private static RequestException Invalid(string message) =>
        new(new RequestError(ClipErrorReason.MalformedRequest, message) { ErrorCode = "invalid_json" });
}
