using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The JSON form of an image is its content's identity, for caches that make their keys of JSON: neither a name, which
/// other images may have, nor the bytes.
/// </summary>
internal sealed class ClipImageJsonConverter : JsonConverter<ClipImage>
{
    public override ClipImage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException(
            "A ClipImage cannot be read from JSON: its JSON form identifies the content and does not hold it.");

    public override void Write(Utf8JsonWriter writer, ClipImage value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Identify());
}
