using System.Runtime.InteropServices;
using ClipGrpc.Models.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// A checkpoint's tensors in the element type that a tower computes with, of the expected shape: in place where they
/// are that already.
/// </summary>
/// <param name="type">float32 or float16.</param>
internal sealed class TowerWeights(IWeights weights, TensorElementType type = TensorElementType.Float)
{
    /// <summary>What the tower computes with.</summary>
    public TensorElementType Type => type;

    /// <summary>The elements of a tensor, of <see cref="Type"/>.</summary>
    /// <exception cref="ClipException">No such tensor, or one of another shape or an unsuitable type.</exception>
    public WeightData Get(string name, params ReadOnlySpan<long> shape) => Convert(Read(name, shape), type);

    /// <summary>One of <paramref name="count"/> equal parts, each of <paramref name="shape"/>.</summary>
    /// <exception cref="ClipException">As for <see cref="Get"/>.</exception>
    public WeightData GetPart(string name, int index, int count, params ReadOnlySpan<long> shape) =>
        Convert(Check(weights.GetPart(name, index, count), shape), type);

    /// <summary>The elements of a tensor as float32, whatever the tower computes with.</summary>
    /// <exception cref="ClipException">As for <see cref="Get"/>.</exception>
    public WeightData GetSingle(string name, params ReadOnlySpan<long> shape) =>
        Convert(Read(name, shape), TensorElementType.Float);

    /// <summary>The elements of a tensor, to compute with.</summary>
    /// <exception cref="ClipException">As for <see cref="Get"/>.</exception>
    public ReadOnlySpan<float> Floats(string name, params ReadOnlySpan<long> shape) =>
        MemoryMarshal.Cast<byte, float>(GetSingle(name, shape).Bytes.Span);

    /// <summary>Numbers that were computed from a tensor, as elements of <see cref="Type"/>.</summary>
    /// <exception cref="ClipException">A value is beyond the type's range.</exception>
    public WeightData FromFloats(string name, float[] values) => new(
        type == TensorElementType.Float16
            ? MemoryMarshal.AsBytes<Half>(TensorConverter.ToFloat16(values, name)).ToArray()
            : MemoryMarshal.AsBytes<float>(values).ToArray(),
        null,
        type);

    private TensorView Read(string name, ReadOnlySpan<long> shape) => Check(weights.Get(name), shape);

    private static TensorView Check(TensorView tensor, ReadOnlySpan<long> shape)
    {
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}], " +
                $"but the model's configuration requires [{string.Join(", ", shape.ToArray())}].");
        }

        long expected = tensor.Type.Size();
        foreach (var dimension in shape)
            expected *= dimension;
        if (tensor.Type.IsFloatingPoint() && tensor.Data.Length != expected)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Tensor '{tensor.Name}' holds {tensor.Data.Length} bytes, but its shape and type require {expected}.");
        }

        return tensor;
    }

    private static WeightData Convert(TensorView tensor, TensorElementType type)
    {
        var wanted = type == TensorElementType.Float16 ? TensorType.Float16 : TensorType.Float32;
        if (tensor.Type != wanted)
        {
            var converted = wanted == TensorType.Float16
                ? MemoryMarshal.AsBytes<Half>(TensorConverter.ToFloat16(tensor)).ToArray()
                : ToFloat32(tensor);
            return new WeightData(converted, null, type);
        }

        var size = wanted.Size();
        if (tensor.Region is { } region && region.Offset % size == 0)
            return new WeightData(tensor.Data, region, type);
        return new WeightData(Aligned(tensor.Data, size), null, type);
    }

    private static byte[] ToFloat32(TensorView tensor)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(
            checked(tensor.Data.Length / tensor.Type.Size() * sizeof(float)));
        TensorConverter.CopyToFloat32(tensor, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return bytes;
    }

    // The runtime computes on the data where it lies and assumes the alignment of its element type.
    private static unsafe ReadOnlyMemory<byte> Aligned(ReadOnlyMemory<byte> bytes, int size)
    {
        using var handle = bytes.Pin();
        return (nuint)handle.Pointer % (nuint)size == 0 ? bytes : bytes.ToArray();
    }
}
