using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The elements of a tensor of BYTES.</summary>
internal interface IElements
{
    int Count { get; }

    /// <exception cref="ClipException">It is not UTF-8.</exception>
    string ReadText(int index, string field);

    /// <exception cref="ClipException">It is empty, or not in the encoding of its format.</exception>
    ItemInput ReadImage(int index, string field);
}
