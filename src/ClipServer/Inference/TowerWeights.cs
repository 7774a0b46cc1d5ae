using System.Runtime.InteropServices;
using ClipGrpc.Server.Models;

namespace ClipGrpc.Server.Inference;

/// <summary>A checkpoint's tensors as float32 of the expected shape: in place where they are that already.</summary>
internal sealed class TowerWeights(IWeights weights)
{
    // Stacked tensors are asked for part by part, and readers may have to put them together.
    private (string Name, WeightData Data) _latest = ("", default);

    /// <summary>The elements of a tensor.</summary>
    /// <exception cref="ClipException">No such tensor, or one of another shape or an unsuitable type.</exception>
    public WeightData Get(string name, params ReadOnlySpan<long> shape)
    {
        if (_latest.Name != name)
            _latest = (name, Read(name, shape));
        return _latest.Data;
    }

    /// <summary>The elements of a tensor, to compute with.</summary>
    /// <exception cref="ClipException">As for <see cref="Get"/>.</exception>
    public ReadOnlySpan<float> Floats(string name, params ReadOnlySpan<long> shape) =>
        MemoryMarshal.Cast<byte, float>(Get(name, shape).Bytes.Span);

    private WeightData Read(string name, ReadOnlySpan<long> shape)
    {
        TensorView tensor = weights.Get(name);
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new ClipException(
                ClipErrorCode.InvalidInput,
                $"Tensor '{name}' has the shape [{string.Join(", ", tensor.Shape)}], " +
                $"but the model's configuration asks for [{string.Join(", ", shape.ToArray())}].");
        }

        bool inPlace = tensor.Type == TensorType.Float32;
        ReadOnlyMemory<byte> bytes = inPlace ? tensor.Data : Widen(tensor);
        long expected = sizeof(float);
        foreach (long dimension in shape)
            expected *= dimension;
        if (bytes.Length != expected)
        {
            throw new ClipException(
                ClipErrorCode.InvalidInput,
                $"Tensor '{name}' holds {bytes.Length} bytes as float32, but its shape asks for {expected}.");
        }

        if (inPlace && tensor.Region is { } region && region.Offset % sizeof(float) == 0)
            return new WeightData(bytes, region);
        return new WeightData(Aligned(bytes), null);
    }

    private static byte[] Widen(TensorView tensor)
    {
        ReadOnlySpan<ushort> source = MemoryMarshal.Cast<byte, ushort>(tensor.Data.Span);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked(source.Length * sizeof(float)));
        Span<float> floats = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        switch (tensor.Type)
        {
            case TensorType.Float16:
                System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(
                    MemoryMarshal.Cast<ushort, Half>(source), floats);
                break;
            case TensorType.BFloat16:
                // A bfloat16 is the upper half of a float32.
                for (int i = 0; i < source.Length; i++)
                    floats[i] = BitConverter.Int32BitsToSingle(source[i] << 16);
                break;
            default:
                throw new ClipException(
                    ClipErrorCode.InvalidInput,
                    $"Tensor '{tensor.Name}' has elements of type {tensor.Type}; floating point was expected.");
        }

        return bytes;
    }

    // The runtime computes on the data where it lies and assumes the alignment of its element type.
    private static unsafe ReadOnlyMemory<byte> Aligned(ReadOnlyMemory<byte> bytes)
    {
        using System.Buffers.MemoryHandle handle = bytes.Pin();
        return (nuint)handle.Pointer % sizeof(float) == 0 ? bytes : bytes.ToArray();
    }
}
