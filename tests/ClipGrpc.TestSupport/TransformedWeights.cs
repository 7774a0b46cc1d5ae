using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>Another checkpoint's tensors, each changed on its way out.</summary>
internal sealed class TransformedWeights(IWeights weights, Func<TensorView, TensorView> change) : IWeights
{
    public TensorView Get(string name) => change(weights.Get(name));
}
