using System.Collections.Immutable;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Tensors;

/// <summary>A tensor: contiguous, row-major bytes. Those of a file are read on use, before it is closed.</summary>
internal sealed record TensorView(
    string Name, TensorType Type, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>
    /// Where in a file <see cref="Data"/> lies as it is, uncompressed; null where it does not. The runtime can then
    /// read these bytes itself.
    /// </summary>
    public FileRegion? Region { get; init; }

    /// <summary>One of <paramref name="count"/> equal parts along the first dimension.</summary>
    /// <exception cref="ClipException">The first dimension is no multiple of <paramref name="count"/>.</exception>
    public TensorView Part(int index, int count)
    {
        if (Shape.IsEmpty || Shape[0] % count != 0 || Data.Length % count != 0)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Tensor '{Name}' of shape {CheckpointErrors.Format(Shape)} does not have {count} equal parts.");
        }

        var length = Data.Length / count;
        return this with
        {
            Shape = Shape.SetItem(0, Shape[0] / count),
            Data = Data.Slice(index * length, length),
            Region = Region?.Slice((long)index * length, length),
        };
    }
}
