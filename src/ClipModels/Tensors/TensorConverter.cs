using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ClipGrpc.Models.Tensors;

/// <summary>
/// Converts the floating-point tensors of a checkpoint to float32, exactly, or to float16, with rounding.
/// </summary>
internal static class TensorConverter
{
    /// <summary>A float32 copy, row-major.</summary>
    /// <exception cref="ClipException">The tensor holds integers.</exception>
    public static float[] ToFloat32(TensorView tensor)
    {
        var values = GC.AllocateUninitializedArray<float>(tensor.Data.Length / tensor.Type.Size());
        CopyToFloat32(tensor, values);
        return values;
    }

    /// <summary>Writes the tensor's elements to <paramref name="destination"/>, which has exactly as many.</summary>
    /// <exception cref="ClipException">The tensor holds integers.</exception>
    /// <exception cref="ArgumentException">The destination is of another length.</exception>
    public static void CopyToFloat32(TensorView tensor, Span<float> destination)
    {
        var source = tensor.Data.Span;
        if (destination.Length != source.Length / tensor.Type.Size())
        {
            throw new ArgumentException(
                $"{tensor.Name} does not have {destination.Length} elements.", nameof(destination));
        }

        switch (tensor.Type)
        {
            case TensorType.Float32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorType.BFloat16:
                WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            default:
                throw new ClipException(
                    ClipErrorReason.InvalidModel, $"Tensor '{tensor.Name}' contains integers instead of weights.");
        }
    }

    /// <summary>A float16 copy, row-major, rounded to nearest.</summary>
    /// <exception cref="ClipException">The tensor holds integers, or a value beyond float16's range.</exception>
    public static Half[] ToFloat16(TensorView tensor) => ToFloat16(ToFloat32(tensor), tensor.Name);

    /// <exception cref="ClipException">A value is beyond float16's range.</exception>
    public static Half[] ToFloat16(ReadOnlySpan<float> values, string name)
    {
        var largest = values.IsEmpty ? 0 : MathF.Abs(TensorPrimitives.MaxMagnitude(values));
        if (largest > (float)Half.MaxValue)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"Tensor '{name}' has the value {largest}, which float16 cannot represent; use the precision fp32.");
        }

        var halves = GC.AllocateUninitializedArray<Half>(values.Length);
        TensorPrimitives.ConvertToHalf(values, halves);
        return halves;
    }

    /// <summary>A bfloat16 is the upper half of a float32.</summary>
    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var lower, out var upper);
            Vector.ShiftLeft(lower, 16).CopyTo(bits[i..]);
            Vector.ShiftLeft(upper, 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }
}
