using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The end of both towers: projection to the shared space and L2 normalisation, as graph outputs. In float32 whatever
/// the blocks have: it is one product for a whole row.
/// </summary>
internal static class EmbeddingHead
{
    // What the reference divides by at least.
    private const float SmallestNorm = 1e-12f;

    /// <param name="features">[n, width].</param>
    /// <param name="projection">A weight of [width, dimensions].</param>
    public static void Add(
        GraphBuilder graph, TowerWeights weights, string features, string projection, int width, int dimensions)
    {
        var matrix = graph.Weight(projection, weights.GetSingle(projection, width, dimensions), width, dimensions);
        if (weights.Type != TensorElementType.Float)
            features = graph.Cast(features, TensorElementType.Float);
        var raw = graph.Node("MatMul", [features, matrix]);
        var column = graph.Node(
            "ReduceL2", [raw], NodeAttribute.Ints("axes", 1), NodeAttribute.Int("keepdims", 1));
        var divisor = graph.Node("Max", [column, graph.Scalar(SmallestNorm)]);
        graph.Rename(graph.Node("Div", [raw, divisor]), TowerGraph.Embedding);
        graph.Rename(graph.Node("Squeeze", [column, graph.Int64s(1)]), TowerGraph.Norm);
        graph.Output(TowerGraph.Embedding, TensorElementType.Float, "n", $"{dimensions}");
        graph.Output(TowerGraph.Norm, TensorElementType.Float, "n");
    }
}
