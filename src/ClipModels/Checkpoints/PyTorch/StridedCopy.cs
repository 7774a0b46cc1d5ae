using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>Row-major copies of tensors whose elements lie otherwise in their storage.</summary>
internal static class StridedCopy
{
    /// <summary>The tensor's elements, whose bounds were checked when it was built.</summary>
    public static byte[] Gather(ReadOnlySpan<byte> storage, PickleTensor tensor, long elements)
    {
        var size = tensor.Storage.Type.Size();
        var copy = GC.AllocateUninitializedArray<byte>(checked((int)(elements * size)));
        var index = new long[tensor.Shape.Length];
        var position = tensor.Offset;
        for (var i = 0; i < copy.Length; i += size)
        {
            storage.Slice(checked((int)(position * size)), size).CopyTo(copy.AsSpan(i));
            position += Advance(index, tensor);
        }

        return copy;
    }

    /// <summary>Moves to the next element in row-major order and says how far away it is.</summary>
    private static long Advance(long[] index, PickleTensor tensor)
    {
        var distance = 0L;
        for (var d = index.Length - 1; d >= 0; d--)
        {
            distance += tensor.Strides[d];
            if (++index[d] < tensor.Shape[d])
                return distance;
            distance -= tensor.Strides[d] * tensor.Shape[d];
            index[d] = 0;
        }

        return distance;
    }
}
