using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;


namespace ClipGrpc.LoadTest.Graphs;

/// <summary>The blocks of a tower in a form.</summary>
/// <param name="tokenShape">The shape [n, tokens, width] as a value, for a width.</param>
/// <param name="causalMask">[tokens, tokens], what is added to scores; null where every token sees all.</param>
/// <param name="prefix">Of the tower's weights.</param>
internal sealed class FormTransformer(
    GraphBuilder graph, TowerWeights weights, GraphForm form, TowerConfig tower, ClipConfig config,
    Func<int, string> tokenShape, string? causalMask, string prefix)
{
    private readonly int _width = tower.Width;
    private readonly FormProducts _products = new(graph, weights, form);

    /// <param name="tokens">[n, tokens, width].</param>
    /// <param name="select">From [n, tokens, width] to the chosen tokens [n, width].</param>
    /// <param name="maskScores">For a single query: hides keys in scores [n, heads, tokens].</param>
    /// <returns>[n, width], normalised.</returns>
    public string Encode(
        string tokens, string finalNorm, Func<string, string> select, Func<string, string>? maskScores)
    {
        var sum = form.Rows ? ToRows(tokens, _width) : tokens;
        var stream = new ResidualStream(sum, LayerNorm(sum, $"{Block(0)}ln_1"));
        var last = tower.Layers - 1;
        for (var layer = 0; layer < last; layer++)
            stream = AddBlock(Block(layer), stream, $"{Block(layer + 1)}ln_1");
        if (!form.AllTokens)
            return AddLastBlock(Block(last), stream, finalNorm, select, maskScores);

        stream = AddBlock(Block(last), stream, nextNorm: null);
        return LayerNorm(select(ToTokens(stream.Sum)), finalNorm);
    }

    public string LayerNorm(string input, string name) => graph.Node(
        "LayerNormalization", [input, Vector($"{name}.weight", _width), Vector($"{name}.bias", _width)],
        NodeAttribute.Int("axis", -1), NodeAttribute.Float("epsilon", config.LayerNormEpsilon));

    private string Block(int layer) => $"{prefix}resblocks.{layer}.";

    private ResidualStream AddBlock(string block, ResidualStream stream, string? nextNorm)
    {
        var attended = Attend($"{block}attn.", stream.Normalized);
        stream = Join(attended, $"{block}attn.out_proj", _width, stream.Sum, $"{block}ln_2");
        return Join(Widen(block, stream.Normalized), $"{block}mlp.c_proj", tower.MlpWidth, stream.Sum, nextNorm);
    }

    // As the server does it: one query, and the projections of keys and values on its side.
    private string AddLastBlock(
        string block, ResidualStream stream, string finalNorm, Func<string, string> select,
        Func<string, string>? maskScores)
    {
        var normalized = ToTokens(stream.Normalized);
        var attention = new SingleQueryAttention(
            graph, weights, new FloatLinearLayers(graph, weights), _width, tower.Heads);
        var attended = attention.Attend($"{block}attn.", select(normalized), normalized, maskScores);
        var one = Join(attended, $"{block}attn.out_proj", _width, select(ToTokens(stream.Sum)), $"{block}ln_2");
        return Join(Widen(block, one.Normalized), $"{block}mlp.c_proj", tower.MlpWidth, one.Sum, finalNorm).Normalized;
    }

    private string Attend(string attention, string input)
    {
        var weight = $"{attention}in_proj_weight";
        var bias = $"{attention}in_proj_bias";
        var biases = Vector(bias, 3 * _width);
        var heads = NodeAttribute.Int("num_heads", tower.Heads);
        var causal = NodeAttribute.Int("unidirectional", causalMask is null ? 0 : 1);
        switch (form.Attention)
        {
            case AttentionForm.Whole:
                return FromTokens(_products.Attend(ToTokens(input), weight, biases, _width, [heads, causal]));
            case AttentionForm.MultiHead:
                string[] bare = [.. _products.ProjectThree(input, weight, null, _width).Select(ToTokens)];
                return FromTokens(graph.Fused("MultiHeadAttention", [.. bare, biases], heads, causal));
            case AttentionForm.MultiHeadAfterBias:
                string[] biased = [.. _products.ProjectThree(input, weight, bias, _width).Select(ToTokens)];
                return FromTokens(graph.Fused("MultiHeadAttention", biased, heads, causal));
            default:
                return FromTokens(AttendPlainly(
                    [.. _products.ProjectThree(input, weight, bias, _width).Select(ToTokens)]));
        }
    }

    private string AttendPlainly(string[] projected)
    {
        var headWidth = _width / tower.Heads;
        string Heads(string value, params ReadOnlySpan<long> order) => graph.Node(
            "Transpose", [graph.Node("Reshape", [value, graph.Int64s(0, 0, tower.Heads, headWidth)])],
            NodeAttribute.Ints("perm", order));

        var query = graph.Node("Mul", [Heads(projected[0], 0, 2, 1, 3), graph.Scalar(1 / MathF.Sqrt(headWidth))]);
        var scores = graph.Node("MatMul", [query, Heads(projected[1], 0, 2, 3, 1)]);
        if (causalMask is not null)
            scores = graph.Node("Add", [scores, causalMask]);
        var probabilities = graph.Node("Softmax", [scores], NodeAttribute.Int("axis", -1));
        var context = graph.Node("MatMul", [probabilities, Heads(projected[2], 0, 2, 1, 3)]);
        var merged = graph.Node("Transpose", [context], NodeAttribute.Ints("perm", 0, 2, 1, 3));
        return graph.Node("Reshape", [merged, graph.Int64s(0, 0, _width)]);
    }

    private string Widen(string block, string input)
    {
        string Project(string? bias) =>
            _products.Project(input, $"{block}mlp.c_fc.weight", bias, _width, tower.MlpWidth);

        var bias = Vector($"{block}mlp.c_fc.bias", tower.MlpWidth);
        if (form.Activation == ActivationForm.Fast)
            return graph.Fused("FastGelu", [Project(null), bias]);
        if (form.Activation == ActivationForm.Plain)
            return ActivatePlainly(Project(bias));
        if (config.Activation == Activation.QuickGelu)
            return graph.Fused("QuickGelu", [Project(bias)], NodeAttribute.Float("alpha", 1.702f));
        return form.Activation == ActivationForm.Fused
            ? graph.Fused("BiasGelu", [Project(null), bias])
            : graph.Fused("Gelu", [Project(bias)]);
    }

    private string ActivatePlainly(string input)
    {
        if (config.Activation == Activation.QuickGelu)
        {
            var sigmoid = graph.Node("Sigmoid", [graph.Node("Mul", [input, graph.Scalar(1.702f)])]);
            return graph.Node("Mul", [input, sigmoid]);
        }

        var error = graph.Node("Erf", [graph.Node("Div", [input, graph.Scalar(MathF.Sqrt(2))])]);
        var product = graph.Node("Mul", [input, graph.Node("Add", [error, graph.Scalar(1)])]);
        return graph.Node("Mul", [product, graph.Scalar(0.5f)]);
    }

    /// <summary>skip + input · weightᵀ + bias, and the normalisation of it unless that is wanted later.</summary>
    private ResidualStream Join(string input, string layer, int inputs, string skip, string? norm)
    {
        var bias = Vector($"{layer}.bias", _width);
        if (!form.FusedNorm || norm is null)
        {
            var sum = graph.Node("Add", [skip, _products.Project(input, $"{layer}.weight", bias, inputs, _width)]);
            return new ResidualStream(sum, norm is null ? "" : LayerNorm(sum, norm));
        }

        var outputs = graph.Add(
            "SkipLayerNormalization", GraphBuilder.Contrib,
            [
                _products.Project(input, $"{layer}.weight", null, inputs, _width), skip,
                Vector($"{norm}.weight", _width), Vector($"{norm}.bias", _width), bias,
            ],
            [0, 3], [NodeAttribute.Float("epsilon", config.LayerNormEpsilon)]);
        return new ResidualStream(Sum: outputs[1], Normalized: outputs[0]);
    }

    private string ToTokens(string value) => form.Rows ? graph.Node("Reshape", [value, tokenShape(_width)]) : value;

    private string FromTokens(string value) => form.Rows ? ToRows(value, _width) : value;

    private string ToRows(string value, int width) => graph.Node("Reshape", [value, graph.Int64s(-1, width)]);

    private string Vector(string name, int length) => graph.Weight(name, weights.Get(name, length), length);
}
