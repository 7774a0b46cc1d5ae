using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ClipGrpc.Cli.Output;

/// <summary>The JSON objects that commands print and store: properties in the order of their records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(FiniteFloatConverter)])]
[JsonSerializable(typeof(ClassificationLine))]
[JsonSerializable(typeof(EmbeddingLine))]
[JsonSerializable(typeof(RankingLine))]
[JsonSerializable(typeof(ServedModelLine))]
[JsonSerializable(typeof(CachedModelLine))]
internal sealed partial class JsonOutput : JsonSerializerContext
{
    public static void Write<T>(Stream output, T value, JsonTypeInfo<T> type, bool indented = false)
    {
        // The output is no part of a web page: names keep their letters.
        var options = new JsonWriterOptions
        {
            Indented = indented,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using var json = new Utf8JsonWriter(output, options);
        JsonSerializer.Serialize(json, value, type);
    }

    public static void WriteLine<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        using var line = new MemoryStream();
        Write(line, value, type);
        output.Write(System.Text.Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
        output.Write('\n');
    }
}
