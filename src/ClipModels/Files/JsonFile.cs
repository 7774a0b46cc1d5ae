using System.Text.Json;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Files;

/// <summary>Reads the JSON files of a checkpoint: bounded in size and depth, no key twice.</summary>
internal static class JsonFile
{
    /// <summary>Bytes of a configuration file; real ones have a few thousand.</summary>
    public const long ConfigurationLimit = 1 << 20;

    /// <summary>Bytes of an index of shards; real ones have up to 100 a tensor.</summary>
    public const long IndexLimit = 8 << 20;

    private const int MaxDepth = 16;

    /// <exception cref="ClipException">No such file, too large, or not a JSON object.</exception>
    public static JsonDocument Read(string path, long limit)
    {
        using var file = RegularFile.Open(path);
        if (file.Length > limit)
            throw Invalid(file.Name, $"the file has {file.Length} bytes; at most {limit} are accepted.");

        try
        {
            var document = JsonDocument.Parse(
                file.Slice(0, file.Length),
                new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            CheckText(document.RootElement);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;

            document.Dispose();
            throw Invalid(file.Name, "the file is not a JSON object.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Invalid(file.Name, "the file is not valid JSON: " + exception.Message, exception);
        }
    }

    /// <summary>
    /// Escaped lone surrogates pass the parser and fail where the text is taken (InvalidOperationException): find
    /// them here, so that nobody after this has to expect them.
    /// </summary>
    private static void CheckText(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
            element.GetString();
        else if (element.ValueKind == JsonValueKind.Array)
            CheckItems(element);
        else if (element.ValueKind == JsonValueKind.Object)
            CheckProperties(element);
    }

    private static void CheckItems(JsonElement element)
    {
        foreach (var item in element.EnumerateArray())
            CheckText(item);
    }

    private static void CheckProperties(JsonElement element)
    {
        foreach (var property in element.EnumerateObject())
        {
            _ = property.Name;
            CheckText(property.Value);
        }
    }
}
