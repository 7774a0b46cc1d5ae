using System.Runtime.InteropServices;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>Takes the next bytes of a file.</summary>
internal delegate void ByteSink(ReadOnlySpan<byte> bytes);

/// <summary>A tensor whose values are made when its turn comes to be written.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="WriteTo">Gives all of them, in order.</param>
internal sealed record StreamedTensor(string Name, TensorType Type, long[] Shape, long Length, Action<ByteSink> WriteTo)
{
    public static StreamedTensor Of(TestTensor tensor) =>
        new(tensor.Name, tensor.Type, tensor.Shape, tensor.Data.Length, sink => sink(tensor.Data));

    public static StreamedTensor Float32(string name, long[] shape, Func<float[]> make) => new(
        name, TensorType.Float32, shape, sizeof(float) * shape.Aggregate(1L, (product, dimension) => product * dimension),
        sink => sink(MemoryMarshal.AsBytes<float>(make())));
}
