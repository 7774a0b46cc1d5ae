using System.Text.Json;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>Checks responses against what the description of the server says of them.</summary>
internal sealed class ErrorSchemas(JsonElement document)
{
    /// <summary>An error of a status that the operation has, with a body of the operation's own format.</summary>
    /// <param name="operation">Of the description.</param>
    /// <param name="what">Says which request it was.</param>
    public void AssertIsErrorOf(JsonElement operation, JsonResponse response, string what)
    {
        Assert.True(
            operation.GetProperty("responses").TryGetProperty($"{response.Code}", out var described),
            $"{what}: {response.Code} is not described");
        var schema = described.GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.True(Conforms(response.Body, schema), $"{what}: {response.Body} is not {schema}");

        var error = response.Body.GetProperty("error");
        var message = error.ValueKind == JsonValueKind.String ? error : error.GetProperty("message");
        Assert.True(message.GetString()!.Length is > 10 and < 10_000, $"{what}: {message}");
    }

    /// <summary>What the schemas of errors use of JSON Schema.</summary>
    private bool Conforms(JsonElement value, JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return Conforms(value, Resolve(reference.GetString()!));
        if (schema.TryGetProperty("enum", out var allowed)
            && !allowed.EnumerateArray().Any(item => item.GetRawText() == value.GetRawText()))
        {
            return false;
        }

        if (!schema.GetProperty("type").ToString().Contains(TypeOf(value), StringComparison.Ordinal))
            return false;
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        var properties = schema.GetProperty("properties");
        return schema.GetProperty("required").EnumerateArray()
                .All(name => value.TryGetProperty(name.GetString()!, out _))
            && value.EnumerateObject().All(
                field => properties.TryGetProperty(field.Name, out var ofField) && Conforms(field.Value, ofField));
    }

    private JsonElement Resolve(string reference)
    {
        var found = document;
        foreach (var name in reference.Split('/').Skip(1))
            found = found.GetProperty(name);
        return found;
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };
}
