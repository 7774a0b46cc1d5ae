using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipGrpc.Cli.Output;

/// <summary>JSON has no word for numbers that are not finite: they are null.</summary>
internal sealed class FiniteFloatConverter : JsonConverter<float>
{
    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("These objects are only written.");

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
    {
        if (float.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteNullValue();
    }
}
