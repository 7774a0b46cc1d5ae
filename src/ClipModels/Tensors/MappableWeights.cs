using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Tensors;

/// <summary>
/// Weights whose tensors lie in files that may be mapped. A tensor for which there is no such file has no region, and
/// is handed over in memory.
/// </summary>
internal sealed class MappableWeights(IWeights weights, MappableFiles files) : IWeights
{
    public TensorView Get(string name) => Locate(weights.Get(name));

    public TensorView GetPart(string name, int index, int count) => Locate(weights.GetPart(name, index, count));

    private TensorView Locate(TensorView tensor) => tensor.Region is not { } region
        ? tensor
        : tensor with { Region = files.PathOf(region.Path) is { } path ? region with { Path = path } : null };
}
