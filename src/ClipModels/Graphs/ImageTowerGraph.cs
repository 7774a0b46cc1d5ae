using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The vision transformer. Input <see cref="Pixels"/>: uint8 [n, size, size, 3], RGB, as they leave the preprocessor;
/// outputs as <see cref="TowerGraph"/> says.
/// </summary>
internal static class ImageTowerGraph
{
    public const string Pixels = "pixels";

    private const int Channels = 3;

    public static TowerGraph Build(
        ClipConfig config, IWeights checkpoint, Precision precision, bool givesConstants = true)
    {
        var weights = new TowerWeights(checkpoint, LinearLayers.ElementType(precision));
        var graph = new GraphBuilder(
            "clip-image", LinearLayers.LargestInlineBytes(precision), givesConstants);
        var linear = LinearLayers.Create(precision, graph, weights);
        var transformer = new TransformerGraph(
            graph, weights, linear, config.Vision, config, "visual.transformer.");

        var tokens = AddPositions(
            graph, weights, linear, config, ExtractPatches(graph, config), out var positions);
        var embedded = graph.Node("Add", [tokens, positions]);
        var stream = transformer.Begin(transformer.LayerNorm(embedded, "visual.ln_pre"));
        var features = transformer.Encode(
            stream, attentionBias: null, "visual.ln_post", value => ClassToken(graph, value), maskScores: null);
        EmbeddingHead.Add(
            graph, weights, features, "visual.proj", config.Vision.Width, config.EmbeddingDimensions);
        return graph.Build();
    }

    /// <summary>Pixels to bytes [n, patches, patch · patch · 3].</summary>
    private static string ExtractPatches(GraphBuilder graph, ClipConfig config)
    {
        var size = config.Image.Size;
        var patch = config.PatchSize;
        var grid = size / patch;
        var pixels = graph.Input(Pixels, TensorElementType.UInt8, "n", $"{size}", $"{size}", $"{Channels}");
        if (grid * patch != size)
        {
            // A convolution leaves out the edge that fills no patch.
            pixels = graph.Node("Slice",
            [
                pixels, graph.Int64s(0, 0), graph.Int64s(grid * patch, grid * patch), graph.Int64s(1, 2),
            ]);
        }

        var split = graph.Node("Reshape", [pixels, graph.Int64s(-1, grid, patch, grid, patch * Channels)]);
        var ordered = graph.Node("Transpose", [split], NodeAttribute.Ints("perm", 0, 1, 3, 2, 4));
        return graph.Node("Reshape", [ordered, graph.Int64s(-1, grid * grid, patch * patch * Channels)]);
    }

    /// <summary>Embeds patches and puts the class token before them: [n, 1 + patches, width].</summary>
    /// <param name="positions">[1 + patches, width]: the positional embedding with the kernel's bias in it.</param>
    private static string AddPositions(
        GraphBuilder graph, TowerWeights weights, LinearLayers linear, ClipConfig config, string patches,
        out string positions)
    {
        const string KernelName = "visual.conv1.weight";
        const string PositionName = "visual.positional_embedding";
        const string ClassName = "visual.class_embedding";
        var width = config.Vision.Width;
        var patch = config.PatchSize;
        var kernel = PatchKernel.Fold(weights.Floats(KernelName, width, Channels, patch, patch), config);

        var positional = weights.Floats(PositionName, 1 + config.Patches, width).ToArray();
        for (var i = width; i < positional.Length; i++)
            positional[i] = (float)(positional[i] + kernel.Bias[i % width]);
        positions = graph.Weight(
            PositionName, weights.FromFloats(PositionName, positional), 1 + config.Patches, width);

        var embedded = linear.ProjectPixels(patches, KernelName, kernel);
        var token = graph.Weight(ClassName, weights.Get(ClassName, width), 1, 1, width);
        var count = graph.Node(
            "Shape", [Pixels], NodeAttribute.Int("start", 0), NodeAttribute.Int("end", 1));
        var shape = graph.Node("Concat", [count, graph.Int64s(1, width)], NodeAttribute.Int("axis", 0));
        var tokenOfEach = graph.Node("Expand", [token, shape]);
        return graph.Node("Concat", [tokenOfEach, embedded], NodeAttribute.Int("axis", 1));
    }

    private static string ClassToken(GraphBuilder graph, string tokens)
    {
        var first = graph.Node(
            "Slice", [tokens, graph.Int64s(0), graph.Int64s(1), graph.Int64s(1)]);
        return graph.Node("Squeeze", [first, graph.Int64s(1)]);
    }
}
