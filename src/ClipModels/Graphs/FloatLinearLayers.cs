namespace ClipGrpc.Models.Graphs;

/// <summary>
/// float32 or float16. FusedMatMul takes PyTorch's [outputs, inputs] weights as the checkpoint has them.
/// </summary>
internal sealed class FloatLinearLayers(GraphBuilder graph, TowerWeights weights) : LinearLayers(graph, weights)
{
    public override bool AddsBias => false;

    public override string Project(string input, string weight, string? bias, int inputs, int outputs)
    {
        var product = MultiplyTransposed(
            input, Graph.Matrix(weight, Weights.Get(weight, outputs, inputs), outputs, inputs));
        return bias is null ? product : Graph.Node("Add", [product, bias]);
    }

    public override string ProjectPixels(string bytes, string weight, PatchKernel kernel)
    {
        var data = Weights.FromFloats(weight, kernel.Weights);
        return Graph.Fused(
            "FusedMatMul",
            [Graph.Cast(bytes, Weights.Type), Graph.Weight(weight, data, kernel.Outputs, kernel.Inputs)],
            NodeAttribute.Int("transB", 1), NodeAttribute.Float("alpha", PatchKernel.PixelScale));
    }

    public override (string Query, string Key, string Value) ProjectQueryKeyValue(
        string input, string weight, int width) =>
        (MultiplyTransposed(input, InProjection(weight, 0, width, width, width)),
            MultiplyTransposed(input, InProjection(weight, 1, width, width, width)),
            MultiplyTransposed(input, InProjection(weight, 2, width, width, width)));

    private string MultiplyTransposed(string input, string weight) =>
        Graph.Fused("FusedMatMul", [input, weight], NodeAttribute.Int("transB", 1));
}
