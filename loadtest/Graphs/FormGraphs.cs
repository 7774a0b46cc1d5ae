using System.Runtime.InteropServices;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.LoadTest.Graphs;

/// <summary>
/// Both towers in a form, with the inputs and outputs of the server's own; only with <see cref="PatchForm.Convolution"/>
/// the pixels are normalised floats [n, 3, size, size].
/// </summary>
internal static class FormGraphs
{
    private const int Channels = 3;

    public static TowerGraph Image(ClipConfig config, IWeights checkpoint, GraphForm form)
    {
        var weights = new TowerWeights(checkpoint);
        var graph = new GraphBuilder("image", form.LargestInlineBytes);
        var width = config.Vision.Width;
        var tokens = 1 + config.Patches;
        var transformer = new FormTransformer(
            graph, weights, form, config.Vision, config, size => graph.Int64s(-1, tokens, size), causalMask: null,
            "visual.transformer.");
        var embedded = form.Patches == PatchForm.Convolution
            ? Convolve(graph, weights, config)
            : Multiply(graph, weights, config, form);
        var start = transformer.LayerNorm(embedded, "visual.ln_pre");
        var features = transformer.Encode(start, "visual.ln_post", value => ClassToken(graph, value), maskScores: null);
        EmbeddingHead.Add(graph, weights, features, "visual.proj", width, config.EmbeddingDimensions);
        return graph.Build();
    }

    public static TowerGraph Text(ClipConfig config, IWeights checkpoint, GraphForm form)
    {
        var weights = new TowerWeights(checkpoint);
        var graph = new GraphBuilder("text", form.LargestInlineBytes);
        var width = config.Text.Width;
        graph.Input(TextTowerGraph.Ids, TensorElementType.Int32, "n", "length");
        graph.Input(TextTowerGraph.End, TensorElementType.Int32, "n");
        var shape = graph.Node("Shape", [TextTowerGraph.Ids]);
        var length = graph.Node("Shape", [TextTowerGraph.Ids], NodeAttribute.Int("start", 1), NodeAttribute.Int("end", 2));
        var transformer = new FormTransformer(
            graph, weights, form, config.Text, config,
            size => graph.Node("Concat", [shape, graph.Int64s(size)], NodeAttribute.Int("axis", 0)),
            CausalMask(graph, config, length), "transformer.");

        string Weight(string name, int rows) => graph.Weight(name, weights.Get(name, rows, width), rows, width);
        string FirstRows(string table) => graph.Node("Slice", [table, graph.Int64s(0), length, graph.Int64s(0)]);

        var tokens = graph.Node("Gather", [Weight("token_embedding.weight", config.VocabularySize), TextTowerGraph.Ids]);
        var positions = FirstRows(Weight("positional_embedding", config.ContextLength));
        var places = graph.Cast(
            graph.Node("Unsqueeze", [TextTowerGraph.End, graph.Int64s(1)]), TensorElementType.Int64);
        var seen = graph.Node(
            "LessOrEqual",
            [FirstRows(Places(graph, config)), graph.Node("Unsqueeze", [TextTowerGraph.End, graph.Int64s(1, 2)])]);
        var features = transformer.Encode(
            graph.Node("Add", [tokens, positions]), "ln_final",
            value => graph.Node("GatherND", [value, places], NodeAttribute.Int("batch_dims", 1)),
            scores => graph.Node("Where", [seen, scores, graph.Scalar(float.MinValue)]));
        EmbeddingHead.Add(graph, weights, features, "text_projection", width, config.EmbeddingDimensions);
        return graph.Build();
    }

    private static string Convolve(GraphBuilder graph, TowerWeights weights, ClipConfig config)
    {
        const string Kernel = "visual.conv1.weight";
        var (width, patch, size) = (config.Vision.Width, config.PatchSize, $"{config.Image.Size}");
        graph.Input(ImageTowerGraph.Pixels, TensorElementType.Float, "n", $"{Channels}", size, size);
        var kernel = graph.Weight(Kernel, weights.Get(Kernel, width, Channels, patch, patch), width, Channels, patch, patch);
        var maps = graph.Node(
            "Conv", [ImageTowerGraph.Pixels, kernel],
            NodeAttribute.Ints("kernel_shape", patch, patch), NodeAttribute.Ints("strides", patch, patch));
        var flat = graph.Node("Reshape", [maps, graph.Int64s(0, width, -1)]);
        var patches = graph.Node("Transpose", [flat], NodeAttribute.Ints("perm", 0, 2, 1));
        return AddPositions(graph, weights, config, patches, bias: null);
    }

    private static string Multiply(GraphBuilder graph, TowerWeights weights, ClipConfig config, GraphForm form)
    {
        const string Name = "visual.conv1.weight";
        var (width, patch, size) = (config.Vision.Width, config.PatchSize, config.Image.Size);
        var grid = size / patch;
        var area = patch * patch * Channels;
        graph.Input(ImageTowerGraph.Pixels, TensorElementType.UInt8, "n", $"{size}", $"{size}", $"{Channels}");
        var whole = graph.Node(
            "Slice",
            [ImageTowerGraph.Pixels, graph.Int64s(0, 0), graph.Int64s(grid * patch, grid * patch), graph.Int64s(1, 2)]);
        var split = graph.Node("Reshape", [whole, graph.Int64s(-1, grid, patch, grid, patch * Channels)]);
        var ordered = graph.Node("Transpose", [split], NodeAttribute.Ints("perm", 0, 1, 3, 2, 4));
        var patches = graph.Node("Reshape", [ordered, graph.Int64s(-1, grid * grid, area)]);
        var kernel = PatchKernel.Fold(weights.Floats(Name, width, Channels, patch, patch), config);
        var embedded = form.Patches == PatchForm.Bytes
            ? new FormProducts(graph, weights, form).ProjectPixels(patches, Name, kernel.Weights, area, width)
            : graph.Fused(
                "FusedMatMul",
                [graph.Cast(patches, TensorElementType.Float), graph.Floats(Name, kernel.Weights, width, area)],
                NodeAttribute.Int("transB", 1), NodeAttribute.Float("alpha", PatchKernel.PixelScale));
        return AddPositions(graph, weights, config, embedded, kernel.Bias);
    }

    /// <param name="bias">Of each patch; null: none.</param>
    private static string AddPositions(
        GraphBuilder graph, TowerWeights weights, ClipConfig config, string patches, double[]? bias)
    {
        const string PositionName = "visual.positional_embedding";
        const string ClassName = "visual.class_embedding";
        var width = config.Vision.Width;
        var rows = 1 + config.Patches;
        var positions = weights.Floats(PositionName, rows, width).ToArray();
        for (var i = width; bias is not null && i < positions.Length; i++)
            positions[i] = (float)(positions[i] + bias[i % width]);

        var token = graph.Weight(ClassName, weights.Get(ClassName, width), 1, 1, width);
        var count = graph.Node(
            "Shape", [ImageTowerGraph.Pixels], NodeAttribute.Int("start", 0), NodeAttribute.Int("end", 1));
        var shape = graph.Node("Concat", [count, graph.Int64s(1, width)], NodeAttribute.Int("axis", 0));
        var all = graph.Node("Concat", [graph.Node("Expand", [token, shape]), patches], NodeAttribute.Int("axis", 1));
        return graph.Node("Add", [all, graph.Floats(PositionName, positions, rows, width)]);
    }

    private static string ClassToken(GraphBuilder graph, string tokens)
    {
        var first = graph.Constant("first", TensorElementType.Int64, [], BitConverter.GetBytes(0L));
        return graph.Node("Gather", [tokens, first], NodeAttribute.Int("axis", 1));
    }

    private static string CausalMask(GraphBuilder graph, ClipConfig config, string length)
    {
        var context = config.ContextLength;
        var mask = new float[context * context];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = i % context > i / context ? float.NegativeInfinity : 0;
        var all = graph.Floats("causal", mask, context, context);
        var ends = graph.Node("Concat", [length, length], NodeAttribute.Int("axis", 0));
        return graph.Node("Slice", [all, graph.Int64s(0, 0), ends, graph.Int64s(0, 1)]);
    }

    private static string Places(GraphBuilder graph, ClipConfig config)
    {
        int[] places = [.. Enumerable.Range(0, config.ContextLength)];
        return graph.Constant(
            "places", TensorElementType.Int32, [config.ContextLength], MemoryMarshal.AsBytes<int>(places).ToArray());
    }
}
