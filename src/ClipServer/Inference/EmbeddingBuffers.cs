using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Server.Inference;

/// <summary>Where a tower writes its results, large enough for the largest batch; smaller ones use the front.</summary>
internal sealed class EmbeddingBuffers(int dimensions, int maxBatchSize)
{
    public static readonly string[] Names = [TowerGraph.Embedding, TowerGraph.Norm];

    private readonly float[] _embeddings = GC.AllocateArray<float>(checked(maxBatchSize * dimensions), pinned: true);
    private readonly float[] _norms = GC.AllocateArray<float>(maxBatchSize, pinned: true);

    /// <summary>The outputs of a batch of n, in the order of <see cref="Names"/>.</summary>
    public OrtValue[] Values(int n) =>
    [
        OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, _embeddings.AsMemory(0, n * dimensions), [n, dimensions]),
        OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _norms.AsMemory(0, n), [n]),
    ];

    public void CopyTo(int n, Span<float> embeddings, Span<float> norms)
    {
        _embeddings.AsSpan(0, n * dimensions).CopyTo(embeddings);
        _norms.AsSpan(0, n).CopyTo(norms);
    }

    /// <exception cref="ArgumentException">No input, more than fit, or results that do not fit in.</exception>
    public void Check(int n, Span<float> embeddings, Span<float> norms) =>
        BatchCheck.Check(n, maxBatchSize, dimensions, embeddings, norms);
}
