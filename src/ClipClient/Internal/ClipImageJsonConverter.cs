using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Writes an image as a hash of its content, for caches that derive their keys from JSON. Its name would not do: other
/// images may have the same.
/// </summary>
internal sealed class ClipImageJsonConverter : JsonConverter<ClipImage>
{
    public override ClipImage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException(
            "A ClipImage cannot be read from JSON: its JSON form identifies the content and does not hold it.");

    public override void Write(Utf8JsonWriter writer, ClipImage value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Identify());
}
