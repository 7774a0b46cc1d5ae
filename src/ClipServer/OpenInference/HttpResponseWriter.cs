using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ClipGrpc.Server.OpenInference;

/// <summary>Writes a result as JSON, which the content of binary outputs follows.</summary>
internal static class HttpResponseWriter
{
    /// <summary>Larger JSON is sent part by part.</summary>
    private const int MaxBuffered = 64 * 1024;

    public static async Task WriteAsync(HttpResponse response, InferenceResult result, Func<string, bool> isBinary)
    {
        var binary = result.Outputs.Where(output => isBinary(output.Name)).ToList();
        if (binary.Count == 0)
        {
            response.ContentType = "application/json; charset=utf-8";
            await using var json = new Utf8JsonWriter(response.BodyWriter);
            await WriteAsync(json, result, isBinary, () => FlushAsync(json, response));
            return;
        }

        var head = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(head))
            await WriteAsync(json, result, isBinary, () => Task.CompletedTask);
        response.ContentType = "application/octet-stream";
        response.Headers[HttpRequestReader.LengthHeader] = $"{head.WrittenCount}";
        response.ContentLength = head.WrittenCount + binary.Sum(output => (long)output.Data.Length);
        await response.Body.WriteAsync(head.WrittenMemory, response.HttpContext.RequestAborted);
        foreach (var output in binary)
            await response.Body.WriteAsync(output.Data, response.HttpContext.RequestAborted);
    }

    private static async Task FlushAsync(Utf8JsonWriter json, HttpResponse response)
    {
        if (json.BytesPending < MaxBuffered)
            return;

        await json.FlushAsync(response.HttpContext.RequestAborted);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    /// <param name="flush">Called between rows.</param>
    private static async Task WriteAsync(
        Utf8JsonWriter json, InferenceResult result, Func<string, bool> isBinary, Func<Task> flush)
    {
        json.WriteStartObject();
        json.WriteString("model_name", result.Model);
        json.WriteString("model_version", InferenceEngine.Version);
        if (result.Id.Length > 0)
            json.WriteString("id", result.Id);
        json.WriteStartArray("outputs");
        foreach (var output in result.Outputs)
            await WriteAsync(json, output, isBinary(output.Name), flush);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static async Task WriteAsync(Utf8JsonWriter json, OutputTensor output, bool isBinary, Func<Task> flush)
    {
        json.WriteStartObject();
        json.WriteString("name", output.Name);
        json.WriteString("datatype", output.Datatype.Name);
        json.WriteStartArray("shape");
        foreach (var size in output.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        if (isBinary)
        {
            json.WriteStartObject("parameters");
            json.WriteNumber("binary_data_size", output.Data.Length);
            json.WriteEndObject();
        }
        else
        {
            json.WriteStartArray("data");
            for (int row = 0, start = 0; row < output.Shape[0]; row++)
            {
                start += output.Datatype == Datatype.Bytes
                    ? WriteTexts(json, output, start)
                    : WriteNumbers(json, output, start);
                await flush();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <returns>Bytes of the row.</returns>
    private static int WriteNumbers(Utf8JsonWriter json, OutputTensor output, int start)
    {
        var length = output.Shape[1] * sizeof(float);
        foreach (var number in MemoryMarshal.Cast<byte, float>(output.Data.AsSpan(start, length)))
            json.WriteNumberValue(number);
        return length;
    }

    /// <inheritdoc cref="WriteNumbers"/>
    private static int WriteTexts(Utf8JsonWriter json, OutputTensor output, int start)
    {
        var rest = output.Data.AsSpan(start);
        for (var i = 0; i < output.Shape[1]; i++)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
            json.WriteStringValue(rest.Slice(sizeof(uint), length));
            rest = rest[(sizeof(uint) + length)..];
        }

        return output.Data.Length - start - rest.Length;
    }
}
