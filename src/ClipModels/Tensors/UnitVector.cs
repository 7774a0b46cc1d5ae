using System.Numerics.Tensors;

namespace ClipGrpc.Models.Tensors;

internal static class UnitVector
{
    /// <summary>
    /// Scales to L2 norm 1; of a sum of vectors that is the direction of their mean. A zero vector, such as the sum of
    /// vectors that cancel out, stays zero.
    /// </summary>
    public static void Normalize(Span<float> vector)
    {
        var norm = TensorPrimitives.Norm(vector);
        if (norm > 0)
            TensorPrimitives.Divide(vector, norm, vector);
    }
}
