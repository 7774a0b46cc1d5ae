using System.Runtime.InteropServices;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The text transformer. Inputs: <see cref="Ids"/>, int32 [n, length] with length at most the context, and
/// <see cref="End"/>, int32 [n], the place of each row's first end token. What follows the end token never changes the
/// result: the blocks are causal, and the last one sees no key beyond it.
/// </summary>
internal static class TextTowerGraph
{
    public const string Ids = "ids";
    public const string End = "end";

    public static TowerGraph Build(
        ClipConfig config, IWeights checkpoint, Precision precision, bool givesConstants = true)
    {
        var weights = new TowerWeights(checkpoint, LinearLayers.ElementType(precision));
        var graph = new GraphBuilder(
            "clip-text", LinearLayers.LargestInlineBytes(precision), givesConstants);
        var linear = LinearLayers.Create(precision, graph, weights);
        var transformer = new TransformerGraph(graph, weights, linear, config.Text, config, "transformer.");

        graph.Input(Ids, TensorElementType.Int32, "n", "length");
        graph.Input(End, TensorElementType.Int32, "n");
        var length = graph.Node(
            "Shape", [Ids], NodeAttribute.Int("start", 1), NodeAttribute.Int("end", 2));
        var tokens = graph.Node("Gather", [TokenTable(graph, weights, config), Ids]);
        var positions = FirstRows(graph, PositionTable(graph, weights, config), length);
        var stream = transformer.Begin(tokens, positions);

        var places = graph.Cast(Column(graph), TensorElementType.Int64);
        var seen = KeysUpToEnd(graph, config, length);
        var features = transformer.Encode(
            stream, CausalBias(graph, weights, config, length), "ln_final",
            value => graph.Node("GatherND", [value, places], NodeAttribute.Int("batch_dims", 1)),
            scores => graph.Node("Where", [seen, scores, graph.Scalar(float.MinValue)]));
        EmbeddingHead.Add(
            graph, weights, features, "text_projection", config.Text.Width, config.EmbeddingDimensions);
        return graph.Build();
    }

    private static string TokenTable(GraphBuilder graph, TowerWeights weights, ClipConfig config)
    {
        const string Name = "token_embedding.weight";
        ReadOnlySpan<long> shape = [config.VocabularySize, config.Text.Width];
        return graph.Table(Name, weights.Get(Name, shape), shape);
    }

    private static string PositionTable(GraphBuilder graph, TowerWeights weights, ClipConfig config)
    {
        const string Name = "positional_embedding";
        ReadOnlySpan<long> shape = [config.ContextLength, config.Text.Width];
        return graph.Table(Name, weights.Get(Name, shape), shape);
    }

    /// <summary>
    /// [1, 1, length, length]: hides what comes after a token. Not the operator's attribute <c>unidirectional</c>,
    /// which the runtime has on a CPU only.
    /// </summary>
    private static string CausalBias(GraphBuilder graph, TowerWeights weights, ClipConfig config, string length)
    {
        var context = config.ContextLength;
        var isHalf = weights.Type == TensorElementType.Float16;
        var bytes = new byte[context * context * (isHalf ? sizeof(ushort) : sizeof(float))];
        for (var token = 0; token < context; token++)
        {
            var later = token * context + token + 1;
            var count = context - token - 1;
            if (isHalf)
                MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()).Slice(later, count).Fill(Half.MinValue);
            else
                MemoryMarshal.Cast<byte, float>(bytes.AsSpan()).Slice(later, count).Fill(float.MinValue);
        }

        var all = graph.Constant("causal_bias", weights.Type, [1, 1, context, context], bytes);
        var square = graph.Node("Concat", [length, length], NodeAttribute.Int("axis", 0));
        return graph.Node("Slice", [all, graph.Int64s(0, 0), square, graph.Int64s(2, 3)]);
    }

    /// <summary>bool [n, 1, length]: whether a key lies at or before its row's end token.</summary>
    private static string KeysUpToEnd(GraphBuilder graph, ClipConfig config, string length)
    {
        int[] places = [.. Enumerable.Range(0, config.ContextLength)];
        var all = graph.Constant(
            "places", TensorElementType.Int32, [config.ContextLength],
            MemoryMarshal.AsBytes<int>(places).ToArray());
        var end = graph.Node("Unsqueeze", [End, graph.Int64s(1, 2)]);
        return graph.Node("LessOrEqual", [FirstRows(graph, all, length), end]);
    }

    private static string Column(GraphBuilder graph) => graph.Node("Unsqueeze", [End, graph.Int64s(1)]);

    private static string FirstRows(GraphBuilder graph, string table, string count) =>
        graph.Node("Slice", [table, graph.Int64s(0), count, graph.Int64s(0)]);
}
