using System.Text.Json;

namespace ClipGrpc.Server.Http;

/// <summary>The fields of a JSON object. One that is null is one that is absent; unknown ones are ignored.</summary>
/// <param name="element">An object.</param>
/// <param name="path">Of the object in the request; empty for the request itself.</param>
internal readonly struct JsonFields(JsonElement element, string path = "")
{
    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    public bool Has(string name) => Find(name) is not null;

    public JsonElement? Find(string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <exception cref="RequestException">It is absent, or null.</exception>
    public JsonElement Get(string name) => Find(name) ?? throw RequestError.Invalid(
        PathOf(name), "The field is missing.", "missing_field");

    /// <exception cref="RequestException">It is not a string.</exception>
    public string? FindText(string name) => Find(name) is { } value ? Text(value, PathOf(name)) : null;

    /// <exception cref="RequestException">It is not a boolean.</exception>
    public bool? FindBoolean(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        var other => throw WrongType(PathOf(name), "true or false", other.Value),
    };

    /// <exception cref="RequestException">It is not a positive integer.</exception>
    public int? FindCount(string name)
    {
        if (Find(name) is not { } value)
            return null;

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count > 0
            ? count
            : throw WrongType(PathOf(name), $"an integer from 1 to {int.MaxValue}", value);
    }

    /// <exception cref="RequestException">It is not an object.</exception>
    public JsonFields? FindObject(string name)
    {
        if (Find(name) is not { } value)
            return null;

        return value.ValueKind == JsonValueKind.Object
            ? new JsonFields(value, PathOf(name))
            : throw WrongType(PathOf(name), "an object", value);
    }

    /// <summary>A list of texts; null: it is absent.</summary>
    /// <exception cref="RequestException">It is not an array of strings.</exception>
    public List<string>? FindTexts(string name)
    {
        if (Find(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw WrongType(PathOf(name), "an array of strings", value);

        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
            texts.Add(Text(item, $"{PathOf(name)}[{texts.Count}]"));
        return texts;
    }

    public static string Text(JsonElement value, string field) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw WrongType(field, "a string", value);

    public static RequestException WrongType(string field, string expected, JsonElement value) => RequestError.Invalid(
        field, $"It must be {expected}, but is {Describe(value)}.", "wrong_type");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => value.GetBoolean() ? "true" : "false",
    };
}
