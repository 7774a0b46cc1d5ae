using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using ClipGrpc.Models.Hub;
using ClipGrpc.V1;

namespace ClipGrpc.Cli.Output;

/// <summary>
/// One JSON object a line. <c>error</c> is null or the message; an item that failed has an empty array.
/// </summary>
internal static class JsonLines
{
    private static readonly JsonWriterOptions Options = new()
    {
        // The output is no part of a web page: names keep their letters.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(
        TextWriter output, CliInput input, Model model, ClipResult<ClipClassification> result) =>
        WriteLine(output, json =>
        {
            WriteHead(json, input, result.IsSuccess ? result.Value.Model : null, model);
            json.WriteStartArray("predictions");
            foreach (var prediction in result.IsSuccess ? result.Value.Predictions : [])
            {
                json.WriteStartObject();
                json.WriteString("label", prediction.Label);
                WriteFinite(json, "probability", prediction.Probability);
                WriteFinite(json, "cosine", prediction.Cosine);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("error", result.Error?.Message);
        });

    public static void Write(TextWriter output, CliInput input, Model model, ClipResult<ClipEmbedding> result) =>
        WriteLine(output, json =>
        {
            WriteHead(json, input, result.IsSuccess ? result.Value.Model : null, model);
            json.WriteStartArray("embedding");
            foreach (var value in result.IsSuccess ? result.Value.Vector.Span : [])
            {
                if (float.IsFinite(value))
                    json.WriteNumberValue(value);
                else
                    json.WriteNullValue();
            }

            json.WriteEndArray();
            json.WriteString("error", result.Error?.Message);
        });

    public static void Write(TextWriter output, Model model) => WriteLine(output, json =>
    {
        var architecture = model.Architecture ?? new Architecture();
        json.WriteString("name", model.Name);
        json.WriteString("source", model.Source);
        json.WriteString("revision", model.Revision);
        json.WriteString("state", model.State.ToString().ToUpperInvariant());
        json.WriteBoolean("default", model.IsDefault);
        json.WriteString("precision", model.Precision);
        json.WriteString("provider", model.Provider);
        json.WriteNumber("dimensions", architecture.EmbeddingDimensions);
        json.WriteNumber("image_size", architecture.ImageSize);
        json.WriteNumber("context_length", architecture.ContextLength);
        json.WriteString("activation", architecture.Activation);
        json.WriteNumber("parameters", architecture.Parameters);
        json.WriteString("license", model.Card?.License ?? "");
        if (model.Card is { HasImagenetTop1: true } card)
            WriteFinite(json, "imagenet_top1", card.ImagenetTop1);
        else
            json.WriteNull("imagenet_top1");
    });

    public static void Write(TextWriter output, CachedModel model) => WriteLine(output, json =>
    {
        json.WriteString("id", model.Id);
        json.WriteString("commit", model.Commit);
        json.WriteStartArray("revisions");
        foreach (var revision in model.Revisions)
            json.WriteStringValue(revision);
        json.WriteEndArray();
        json.WriteNumber("size", model.Size);
        json.WriteString("weights", model.Weights);
        json.WriteString("folder", model.Folder);
    });

    private static void WriteHead(Utf8JsonWriter json, CliInput input, ModelRef? made, Model model)
    {
        json.WriteString("input", input.Name);
        json.WriteString("model", made is { Name.Length: > 0 } ? made.Name : model.Name);
        json.WriteString("revision", made is { Revision.Length: > 0 } ? made.Revision : model.Revision);
    }

    private static void WriteFinite(Utf8JsonWriter json, string name, float value)
    {
        if (float.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static void WriteLine(TextWriter output, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }
}
