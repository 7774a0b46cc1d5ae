using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Http;

/// <summary>An embedding in JSON: a list of numbers, or its float32 values, little endian, in base64.</summary>
[JsonConverter(typeof(EmbeddingVectorConverter))]
internal readonly record struct EmbeddingVector(ReadOnlyMemory<float> Values, bool IsBase64)
{
    public static EmbeddingVector From(in EmbeddingResult embedding, bool isBase64 = false) =>
        new(embedding.Vector, isBase64);

    /// <summary>The embedding with the length that the model gave it.</summary>
    public static EmbeddingVector Unnormalized(in EmbeddingResult embedding)
    {
        var values = new float[embedding.Vector.Length];
        TensorPrimitives.Multiply(embedding.Vector.Span, embedding.Norm, values);
        return new EmbeddingVector(values, IsBase64: false);
    }
}
