using System.Runtime.InteropServices;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.LoadTest.Models;

/// <summary>Takes the next bytes of a file.</summary>
internal delegate void ByteSink(ReadOnlySpan<byte> bytes);

/// <summary>A tensor whose values are made when its turn comes to be written.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="WriteTo">Gives all of them, in order.</param>
internal sealed record StreamedTensor(string Name, TensorType Type, long[] Shape, long Length, Action<ByteSink> WriteTo)
{
    private const int ElementsPerWrite = 1 << 20;

    /// <summary>Of float32 values.</summary>
    /// <param name="fill">Gets the index of its part's first element, and the part.</param>
    public static StreamedTensor Float32(string name, long[] shape, Action<long, Memory<float>> fill)
    {
        var count = shape.Aggregate(1L, (product, dimension) => product * dimension);
        return new StreamedTensor(name, TensorType.Float32, shape, sizeof(float) * count, sink =>
        {
            var buffer = new float[Math.Min(ElementsPerWrite, count)];
            for (long first = 0; first < count; first += buffer.Length)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, count - first));
                fill(first, part);
                sink(MemoryMarshal.AsBytes(part.Span)); // little endian, as every machine that .NET runs on
            }
        });
    }
}
