using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipGrpc.Server.Http;

internal sealed class EmbeddingVectorConverter : JsonConverter<EmbeddingVector>
{
    public override EmbeddingVector Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Embeddings are only written.");

    public override void Write(Utf8JsonWriter writer, EmbeddingVector value, JsonSerializerOptions options)
    {
        if (value.IsBase64)
        {
            writer.WriteBase64StringValue(MemoryMarshal.AsBytes(value.Values.Span));
            return;
        }

        writer.WriteStartArray();
        foreach (var number in value.Values.Span)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
