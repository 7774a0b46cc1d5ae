using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// Multi-head attention of one query per row over all its tokens, without projecting the tokens to keys and values.
/// With one query it is cheaper to move the projections to the other side, and exact:
/// q·(Wₖx + bₖ) = (Wₖᵀq)·x + const, where the constant falls out of the softmax, and Σ pᵢ(Wᵥxᵢ + bᵥ) = Wᵥ(Σ pᵢxᵢ) + bᵥ,
/// as the probabilities sum to 1. Per row that is 2·width² + 2·heads·tokens·width products, not 2·tokens·width².
/// </summary>
internal sealed class SingleQueryAttention(
    GraphBuilder graph, TowerWeights weights, LinearLayers linear, int width, int heads)
{
    private readonly int _headWidth = width / heads;

    /// <param name="prefix">Of the attention's weights.</param>
    /// <param name="query">[n, width].</param>
    /// <param name="tokens">[n, tokens, width].</param>
    /// <param name="maskScores">Hides keys in scores [n, heads, tokens], float32.</param>
    /// <returns>[n, width], before the output projection.</returns>
    public string Attend(string prefix, string query, string tokens, Func<string, string>? maskScores)
    {
        var weight = $"{prefix}in_proj_weight";
        var queryWeight = linear.InProjection(weight, 0, width, width, width);
        var keyWeight = PerHead(weight, 1);
        var valueWeight = PerHead(weight, 2);

        var projected = graph.Fused("FusedMatMul", [query, queryWeight], NodeAttribute.Int("transB", 1));
        projected = graph.Node("Add", [projected, Bias(prefix, 0)]);
        var keys = graph.Node("MatMul", [SplitHeads(projected), keyWeight]);
        var scores = graph.Fused(
            "FusedMatMul", [SwapFirstTwo(keys), tokens],
            NodeAttribute.Int("transB", 1), NodeAttribute.Float("alpha", 1 / MathF.Sqrt(_headWidth)));
        var isHalf = weights.Type == TensorElementType.Float16;
        if (isHalf)
            scores = graph.Cast(scores, TensorElementType.Float);
        if (maskScores is not null)
            scores = maskScores(scores);

        var probabilities = graph.Node("Softmax", [scores], NodeAttribute.Int("axis", -1));
        if (isHalf)
            probabilities = graph.Cast(probabilities, weights.Type);
        var context = graph.Node("MatMul", [probabilities, tokens]);
        var values = graph.Fused(
            "FusedMatMul", [SwapFirstTwo(context), valueWeight], NodeAttribute.Int("transB", 1));
        var merged = graph.Node("Reshape", [SwapFirstTwo(values), graph.Int64s(-1, width)]);
        return graph.Node("Add", [merged, Bias(prefix, 2)]);
    }

    // [n, width] → [heads, n, head width]
    private string SplitHeads(string query) =>
        SwapFirstTwo(graph.Node("Reshape", [query, graph.Int64s(-1, heads, _headWidth)]));

    private string SwapFirstTwo(string value) =>
        graph.Node("Transpose", [value], NodeAttribute.Ints("perm", 1, 0, 2));

    // The rows of the in-projection are ordered by head, so this is a view.
    private string PerHead(string weight, int third) =>
        linear.InProjection(weight, third, width, heads, _headWidth, width);

    private string Bias(string prefix, int third)
    {
        var name = $"{prefix}in_proj_bias";
        return graph.Weight($"{name}[{third}]", weights.GetPart(name, third, 3, width), width);
    }
}
