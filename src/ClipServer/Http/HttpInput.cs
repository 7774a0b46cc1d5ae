using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;

namespace ClipGrpc.Server.Http;

/// <summary>One text or image of a request, which is decoded only when it is about to be embedded.</summary>
/// <param name="Kind">What the text is: a text, or an image as a data URI or as base64.</param>
/// <param name="Value">A text.</param>
/// <param name="Field">Where the request has it: <c>input[3]</c>.</param>
internal readonly record struct HttpInput(ItemKind Kind, JsonElement Value, string Field)
{
    private const int MaxDataUriHeader = 256;

    /// <summary>What programs get as the error code if it cannot be embedded.</summary>
    public string ErrorCode => Kind == ItemKind.Image ? "invalid_image" : "invalid_text";

    /// <exception cref="RequestException">It is not a text.</exception>
    public static HttpInput Text(JsonElement value, string field) => value.ValueKind == JsonValueKind.String
        ? new HttpInput(ItemKind.Text, value, field)
        : throw JsonFields.WrongType(field, "a string", value);

    /// <summary>A data URI, or base64.</summary>
    /// <exception cref="RequestException">It is not a text, or a link: nothing is fetched.</exception>
    public static HttpInput Image(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw JsonFields.WrongType(field, "a string with a data URI or base64", value);

        var start = StartOf(value);
        if (start.Contains("://", StringComparison.Ordinal) && !IsDataUri(start))
        {
            throw RequestError.Invalid(
                field, "URLs are not fetched; send the image as a data URI or base64.", "url_not_fetched");
        }

        return new HttpInput(ItemKind.Image, value, field);
    }

    /// <summary>A data URI is an image; everything else is a text, also a link.</summary>
    /// <exception cref="RequestException">It is not a text.</exception>
    public static HttpInput TextOrDataUri(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.String && IsDataUri(StartOf(value))
            ? new HttpInput(ItemKind.Image, value, field)
            : Text(value, field);

    /// <exception cref="ClipException">It is too long, or not an image in base64.</exception>
    public ItemInput Read(LongText longText, int maxTextChars)
    {
        if (Kind == ItemKind.Text)
            return InputReader.ReadText(Value.GetString()!, Field, longText, maxTextChars);

        var bytes = Decode(Utf8Of(Value), out var problem);
        if (problem is not null)
            throw InputReader.Invalid(Field, problem, ClipErrorReason.InvalidImage);
        return bytes.Length > 0
            ? new EncodedImageInput(bytes, new DecodeOptions()) { Field = Field }
            : throw InputReader.Missing(Field, "The image has no bytes.");
    }

    /// <summary>
    /// Whether a text is meant as a data URI. "data: the new oil, they say" is a text: a data URI has no spaces before
    /// its comma.
    /// </summary>
    private static bool IsDataUri(string start)
    {
        if (!start.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return false;

        var comma = start.IndexOf(',');
        return !(comma < 0 ? start : start[..comma]).Any(char.IsWhiteSpace);
    }

    private static string StartOf(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        if (raw.Contains((byte)'\\'))
            return Excerpt.Of(value.GetString()!, MaxDataUriHeader);

        var start = raw[..Math.Min(raw.Length, MaxDataUriHeader)];
        return Encoding.UTF8.GetString(start);
    }

    /// <summary>The text as it came, without a copy, unless it has escapes: some writers escape each slash.</summary>
    private static ReadOnlySpan<byte> Utf8Of(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        return raw.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(value.GetString()!) : raw;
    }

    private static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text, out string? problem)
    {
        if (Ascii.EqualsIgnoreCase(text[..Math.Min(text.Length, 5)], "data:"u8))
        {
            problem = FindProblem(text, out var start);
            if (problem is not null)
                return default;

            text = text[start..];
        }

        var decoded = DecodeBase64(text);
        problem = decoded is null ? "The image is not valid base64." : null;
        return decoded.GetValueOrDefault();
    }

    /// <summary>Of the header of a data URI; <paramref name="start"/> is where its data begins.</summary>
    private static string? FindProblem(ReadOnlySpan<byte> uri, out int start)
    {
        var comma = uri[..Math.Min(uri.Length, MaxDataUriHeader)].IndexOf((byte)',');
        start = comma + 1;
        if (comma < 0)
            return "The data URI has no comma between its header and its data.";

        var header = Encoding.UTF8.GetString(uri["data:".Length..comma]);
        if (!header.StartsWith("image/", StringComparison.OrdinalIgnoreCase))
        {
            return $"The data URI has the type \"{Excerpt.Of(header.Split(';')[0])}\"; it must be image/, such as "
                + "data:image/png;base64,…";
        }

        return header.EndsWith(";base64", StringComparison.OrdinalIgnoreCase)
            ? null
            : "The data URI is not in base64: its header must end in ;base64.";
    }

    /// <summary>White space is skipped, and the padding may be left out. Null: it is not base64.</summary>
    private static ReadOnlyMemory<byte>? DecodeBase64(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done)
            return bytes.AsMemory(0, written);

        // What may be missing is the padding.
        var digits = text.Length - CountWhiteSpace(text);
        if (digits % 4 is not (2 or 3))
            return null;

        var padded = new byte[text.Length + 4 - digits % 4];
        text.CopyTo(padded);
        padded.AsSpan(text.Length).Fill((byte)'=');
        bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        return Base64.DecodeFromUtf8(padded, bytes, out _, out written) == OperationStatus.Done
            ? bytes.AsMemory(0, written)
            : null;
    }

    private static int CountWhiteSpace(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var value in text)
            count += value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' ? 1 : 0;
        return count;
    }
}
