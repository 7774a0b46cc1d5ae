using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>Where a tower writes its results, large enough for the largest batch; smaller ones use the front.</summary>
internal sealed class EmbeddingBuffers(DeviceMemory memory, int dimensions, int maxBatchSize)
{
    private readonly TowerBuffer _embeddings = memory.Allocate(checked(maxBatchSize * dimensions * sizeof(float)));
    private readonly TowerBuffer _norms = memory.Allocate(checked(maxBatchSize * sizeof(float)));

    /// <summary>Has the results of n inputs written here, after those of the first ones.</summary>
    public TowerBinding Bind(TowerBinding binding, int first, int n) => binding
        .Output(
            TowerGraph.Embedding, _embeddings.From(first * dimensions * sizeof(float)), TensorElementType.Float, n,
            dimensions)
        .Output(TowerGraph.Norm, _norms.From(first * sizeof(float)), TensorElementType.Float, n);

    public void CopyTo(int n, Span<float> embeddings, Span<float> norms)
    {
        _embeddings.HostSpan<float>()[..(n * dimensions)].CopyTo(embeddings);
        _norms.HostSpan<float>()[..n].CopyTo(norms);
    }

    /// <exception cref="ArgumentException">No input, more than fit, or results that do not fit in.</exception>
    public void Check(int n, Span<float> embeddings, Span<float> norms) =>
        BatchCheck.Check(n, maxBatchSize, dimensions, embeddings, norms);
}
