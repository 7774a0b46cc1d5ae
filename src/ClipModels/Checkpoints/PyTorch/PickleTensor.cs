using System.Collections.Immutable;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>A tensor over a storage. Offset and strides count elements; none is negative.</summary>
internal sealed record PickleTensor(
    PickleStorage Storage, long Offset, ImmutableArray<long> Shape, ImmutableArray<long> Strides)
{
    /// <summary>
    /// Whether the elements are row-major without gaps. Strides of dimensions of size one do not matter.
    /// </summary>
    public bool IsContiguous
    {
        get
        {
            var expected = 1L;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                    return false;
                expected *= Shape[i];
            }

            return true;
        }
    }
}
