using ClipGrpc.Server.Models;

namespace ClipGrpc.Server.Inference;

/// <summary>The float32 elements of a tensor, row-major, and where in a file they lie, if they do.</summary>
internal readonly record struct WeightData(ReadOnlyMemory<byte> Bytes, FileRegion? Region)
{
    /// <summary>One of <paramref name="parts"/> equal parts along the first dimension.</summary>
    public WeightData Part(int index, int parts)
    {
        int length = Bytes.Length / parts;
        return new WeightData(Bytes.Slice(index * length, length), Region?.Slice(index * length, length));
    }
}
