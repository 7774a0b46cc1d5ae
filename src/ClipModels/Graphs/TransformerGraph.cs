using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The residual blocks of a tower. All blocks but the last run over all tokens [n, tokens, width]; the last one needs
/// the keys and values of all tokens but computes only the token that becomes the embedding (see
/// <see cref="SingleQueryAttention"/>), which is exact, because nothing reads the other tokens afterwards.
/// </summary>
internal sealed class TransformerGraph(
    GraphBuilder graph, TowerWeights weights, LinearLayers linear, TowerConfig tower, ClipConfig config, string prefix)
{
    private readonly int _width = tower.Width;

    /// <summary>The first block's normalisation of the tokens [n, tokens, width].</summary>
    public ResidualStream Begin(string tokens) =>
        new(tokens, LayerNorm(tokens, FirstNorm));

    /// <summary>As <see cref="Begin(string)"/>, of tokens + positions; positions are [tokens, width].</summary>
    public ResidualStream Begin(string tokens, string positions) => IsFused
        ? AddAndNormalizeInOne(tokens, positions, FirstNorm, bias: null)
        : Begin(graph.Node("Add", [tokens, positions]));

    /// <summary>All blocks and the final normalisation, for one token of each row.</summary>
    /// <param name="attentionBias">
    /// Added to each block's scores, [1, 1, tokens, tokens]; null where every token sees every other one.
    /// </param>
    /// <param name="select">From [n, tokens, width] to the chosen tokens [n, width].</param>
    /// <param name="maskScores">Hides keys in scores [n, heads, tokens]; null where every key counts.</param>
    /// <returns>[n, width].</returns>
    public string Encode(
        ResidualStream stream, string? attentionBias, string finalNorm, Func<string, string> select,
        Func<string, string>? maskScores)
    {
        for (var layer = 0; layer < tower.Layers - 1; layer++)
            stream = Block(layer, stream, attentionBias);

        var last = tower.Layers - 1;
        var block = BlockPrefix(last);
        var attention = new SingleQueryAttention(graph, weights, linear, _width, tower.Heads);
        var attended = attention.Attend(
            $"{block}attn.", select(stream.Normalized), stream.Normalized, maskScores);
        stream = new ResidualStream(select(stream.Sum), stream.Normalized);
        stream = ProjectAttention(block, attended, stream);
        return FeedForward(block, stream, finalNorm).Normalized;
    }

    public string LayerNorm(string input, string name) =>
        graph.Node(
            "LayerNormalization",
            [input, Vector($"{name}.weight", _width), Vector($"{name}.bias", _width)],
            NodeAttribute.Int("axis", -1), Epsilon);

    // float16 is for GPUs.
    private bool IsFused => weights.Type == TensorElementType.Float16;

    private string FirstNorm => $"{BlockPrefix(0)}ln_1";

    private AttributeProto Epsilon => NodeAttribute.Float("epsilon", config.LayerNormEpsilon);

    private string BlockPrefix(int layer) => $"{prefix}resblocks.{layer}.";

    private ResidualStream Block(int layer, ResidualStream stream, string? attentionBias)
    {
        var block = BlockPrefix(layer);
        (var query, var key, var value) =
            linear.ProjectQueryKeyValue(stream.Normalized, $"{block}attn.in_proj_weight", _width);
        string[] inputs =
        [
            query, key, value, Vector($"{block}attn.in_proj_bias", 3 * _width),
            .. attentionBias is null ? Array.Empty<string>() : ["", attentionBias],
        ];

        var attended = graph.Fused("MultiHeadAttention", inputs, NodeAttribute.Int("num_heads", tower.Heads));
        stream = ProjectAttention(block, attended, stream);
        return FeedForward(block, stream, $"{BlockPrefix(layer + 1)}ln_1");
    }

    private ResidualStream ProjectAttention(string block, string attended, ResidualStream stream) =>
        AddAndNormalize($"{block}attn.out_proj", attended, _width, stream.Sum, $"{block}ln_2");

    private ResidualStream FeedForward(string block, ResidualStream stream, string nextNorm)
    {
        var hidden = Activate($"{block}mlp.c_fc", stream.Normalized);
        return AddAndNormalize($"{block}mlp.c_proj", hidden, tower.MlpWidth, stream.Sum, nextNorm);
    }

    /// <summary>The activation of input · weightᵀ + bias.</summary>
    private string Activate(string layer, string input)
    {
        var bias = Vector($"{layer}.bias", tower.MlpWidth);
        string Project(string? added) => linear.Project(input, $"{layer}.weight", added, _width, tower.MlpWidth);
        return (config.Activation, linear.AddsBias) switch
        {
            (Activation.Gelu, false) => graph.Fused("BiasGelu", [Project(null), bias]),
            (Activation.Gelu, true) => graph.Fused("Gelu", [Project(bias)]),
            (Activation.QuickGelu, _) => graph.Fused(
                "QuickGelu", [Project(bias)], NodeAttribute.Float("alpha", 1.702f)),
            _ => throw new ArgumentOutOfRangeException(
                nameof(input), config.Activation, "No graph for this activation."),
        };
    }

    /// <summary>skip + input · weightᵀ + bias, and the layer normalisation of it.</summary>
    private ResidualStream AddAndNormalize(string layer, string input, int inputs, string skip, string norm)
    {
        var bias = Vector($"{layer}.bias", _width);
        string Project(string? added) => linear.Project(input, $"{layer}.weight", added, inputs, _width);
        if (IsFused)
            return AddAndNormalizeInOne(Project(null), skip, norm, bias);

        var sum = graph.Node("Add", [Project(bias), skip]);
        return new ResidualStream(sum, LayerNorm(sum, norm));
    }

    /// <summary>
    /// One pass over memory, which is what counts on a GPU. On a CPU the runtime's SkipLayerNormalization takes several
    /// times as long as Add and LayerNormalization do (docs/performance.md).
    /// </summary>
    private ResidualStream AddAndNormalizeInOne(string input, string skip, string norm, string? bias)
    {
        string[] inputs =
        [
            input, skip, Vector($"{norm}.weight", _width), Vector($"{norm}.bias", _width),
            .. bias is null ? Array.Empty<string>() : [bias],
        ];

        var outputs = graph.Add("SkipLayerNormalization", GraphBuilder.Contrib, inputs, [0, 3], [Epsilon]);
        return new ResidualStream(Sum: outputs[1], Normalized: outputs[0]);
    }

    private string Vector(string name, int length) =>
        graph.Weight(name, weights.Get(name, length), length);
}
