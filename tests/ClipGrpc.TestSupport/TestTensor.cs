using System.Runtime.InteropServices;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>A tensor to be written to a checkpoint.</summary>
internal sealed record TestTensor(string Name, TensorType Type, long[] Shape, byte[] Data)
{
    public static TestTensor Of(string name, TensorType type, long[] shape, float[] values) =>
        new(name, type, shape, type switch
        {
            TensorType.Float32 => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
            TensorType.Float16 =>
                MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (Half)value).AsSpan()).ToArray(),
            TensorType.BFloat16 => MemoryMarshal.AsBytes(Array.ConvertAll(values, RoundToBFloat16).AsSpan()).ToArray(),
            _ => MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (long)value).AsSpan()).ToArray(),
        });

    public StreamedTensor ToStreamed() => new(Name, Type, Shape, Data.Length, sink => sink(Data));

    /// <summary>Half to even, as PyTorch does; not for NaN.</summary>
    private static ushort RoundToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
