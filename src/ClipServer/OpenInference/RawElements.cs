using System.Text;
using System.Text.Unicode;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.OpenInference;

/// <summary>Elements as they are.</summary>
internal sealed class RawElements(IReadOnlyList<ReadOnlyMemory<byte>> elements) : IElements
{
    public int Count => elements.Count;

    public string ReadText(int index, string field) => Utf8.IsValid(elements[index].Span)
        ? Encoding.UTF8.GetString(elements[index].Span)
        : throw InputReader.Invalid(field, "The text is not valid UTF-8.");

    public ItemInput ReadImage(int index, string field) => elements[index].Length > 0
        ? new EncodedImageInput(elements[index], new DecodeOptions()) { Field = field }
        : throw InputReader.Invalid(field, "The image has no bytes.");
}
