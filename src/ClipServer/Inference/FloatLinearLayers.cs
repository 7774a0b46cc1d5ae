namespace ClipGrpc.Server.Inference;

/// <summary>float32 or float16. FusedMatMul takes PyTorch's [outputs, inputs] weights as they lie in the checkpoint.</summary>
internal sealed class FloatLinearLayers(GraphBuilder graph, TowerWeights weights) : LinearLayers(graph, weights)
{
    public override string Project(string input, string weight, int inputs, int outputs) =>
        MultiplyTransposed(input, Graph.Weight(weight, Weights.Get(weight, outputs, inputs), outputs, inputs));

    public override (string Query, string Key, string Value) ProjectQueryKeyValue(
        string input, string weight, int width) =>
        (MultiplyTransposed(input, InProjection(weight, 0, width, width, width)),
            MultiplyTransposed(input, InProjection(weight, 1, width, width, width)),
            MultiplyTransposed(input, InProjection(weight, 2, width, width, width)));

    private string MultiplyTransposed(string input, string weight) =>
        Graph.Fused("FusedMatMul", [input, weight], NodeAttribute.Int("transB", 1));
}
