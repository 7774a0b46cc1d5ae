using System.Text.Json;
using ClipGrpc.Serving;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The inputs of embedding requests in all the forms that clients of the OpenAI API, NVIDIA's NV-CLIP, infinity, vLLM
/// and Jina send.
/// </summary>
internal static class InputUnion
{
    private const string TokenIds =
        "Token ids are not accepted: they belong to another model's vocabulary and would produce wrong embeddings. "
        + "Send texts (LangChain: check_embedding_ctx_length=False).";

    /// <summary>One input, or a list of them.</summary>
    /// <param name="kind">What all texts are; null: data URIs are images and all else is text.</param>
    public static List<HttpInput> ReadAll(JsonElement value, string field, ItemKind? kind, FacadeEngine engine)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return [Read(value, field, kind)];

        // Before the count: two thousand ids are no inputs.
        var count = value.GetArrayLength();
        if (count > 0 && value[0].ValueKind == JsonValueKind.Number)
            throw RequestError.Invalid(field, TokenIds, "token_ids");

        engine.CheckCount(count, field);
        var inputs = new List<HttpInput>(count);
        foreach (var item in value.EnumerateArray())
            inputs.Add(Read(item, $"{field}[{inputs.Count}]", kind));
        return inputs;
    }

    /// <summary>The messages of a chat, of which each is one input.</summary>
    public static List<HttpInput> ReadMessages(JsonElement messages, FacadeEngine engine)
    {
        const string Field = "messages";
        if (messages.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType(Field, "an array of messages", messages);

        engine.CheckCount(messages.GetArrayLength(), Field);
        var inputs = new List<HttpInput>(messages.GetArrayLength());
        foreach (var message in messages.EnumerateArray())
            inputs.Add(ReadMessage(message, $"{Field}[{inputs.Count}]"));
        return inputs;
    }

    public static HttpInput Read(JsonElement value, string field, ItemKind? kind) => value.ValueKind switch
    {
        JsonValueKind.String => kind switch
        {
            null => HttpInput.TextOrDataUri(value, field),
            ItemKind.Image => HttpInput.Image(value, field),
            _ => HttpInput.Text(value, field),
        },
        JsonValueKind.Object => ReadObject(new JsonFields(value, field), field),
        JsonValueKind.Number or JsonValueKind.Array => throw RequestError.Invalid(field, TokenIds, "token_ids"),
        _ => throw JsonFields.WrongType(field, "a string or an object with a text or an image", value),
    };

    private static HttpInput ReadMessage(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw JsonFields.WrongType(field, "an object", value);

        var message = new JsonFields(value, field);
        if (message.FindText("role") is "system" or "developer")
        {
            throw RequestError.Invalid(
                message.PathOf("role"), "Instructions are not supported; remove system messages.", "unsupported");
        }

        var content = message.Get("content");
        return content.ValueKind == JsonValueKind.String
            ? HttpInput.Text(content, message.PathOf("content"))
            : ReadContent(content, message.PathOf("content"));
    }

    private static HttpInput ReadContent(JsonElement content, string field)
    {
        if (content.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType(field, "an array with one part", content);
        if (content.GetArrayLength() != 1)
        {
            throw RequestError.Invalid(
                field,
                $"It has {content.GetArrayLength()} parts; it must have exactly one, a text or an image.",
                "unsupported");
        }

        var part = $"{field}[0]";
        return content[0].ValueKind == JsonValueKind.Object
            ? ReadObject(new JsonFields(content[0], part), part)
            : throw JsonFields.WrongType(part, "an object", content[0]);
    }

    private static HttpInput ReadObject(JsonFields fields, string field)
    {
        HttpInput? found = null;
        foreach (var (name, read) in Forms)
        {
            if (fields.Find(name) is not { } value)
                continue;
            if (found is not null)
            {
                throw RequestError.Invalid(
                    field, "The input has both a text and an image; send only one of them.", "unsupported");
            }

            found = read(value, fields.PathOf(name));
        }

        return found ?? throw RequestError.Invalid(
            field, "The input has neither a text nor an image: {\"text\": …} or {\"image\": …}.", "missing_field");
    }

    private static readonly (string Name, Func<JsonElement, string, HttpInput> Read)[] Forms =
    [
        ("text", HttpInput.Text),
        ("image", HttpInput.Image),
        ("image_url", ReadUrl),
        ("image_base64", HttpInput.Image),
        ("url", HttpInput.Image),
        ("bytes", HttpInput.Image),
        ("content", ReadContent),
    ];

    private static HttpInput ReadUrl(JsonElement value, string field) => value.ValueKind == JsonValueKind.Object
        ? HttpInput.Image(new JsonFields(value, field).Get("url"), $"{field}.url")
        : HttpInput.Image(value, field);
}
