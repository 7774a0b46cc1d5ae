using System.Text.Json;
using ClipGrpc.Server.Http;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;

namespace ClipGrpc.Server.OpenInference;

/// <summary>Elements in JSON, where an image is base64 or a data URI: its bytes are no text.</summary>
internal sealed class JsonElements(IReadOnlyList<JsonElement> elements) : IElements
{
    public int Count => elements.Count;

    public string ReadText(int index, string field) => JsonFields.Text(elements[index], field);

    public ItemInput ReadImage(int index, string field) =>
        HttpInput.Image(elements[index], field).Read(LongText.Truncate, maxTextChars: 0);
}
