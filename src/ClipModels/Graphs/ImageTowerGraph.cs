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

    public static TowerGraph Build(ClipConfig config, IWeights checkpoint, Precision precision)
    {
        var weights = new TowerWeights(checkpoint, LinearLayers.ElementType(precision));
        var graph = new GraphBuilder("clip-image", LinearLayers.LargestInlineBytes(precision));
        LinearLayers linear = LinearLayers.Create(precision, graph, weights);
        var transformer = new TransformerGraph(
            graph, weights, linear, config.Vision, config, "visual.transformer.");

        string tokens = AddPositions(
            graph, weights, linear, config, ExtractPatches(graph, config), out string positions);
        string embedded = graph.Node("Add", [tokens, positions]);
        ResidualStream stream = transformer.Begin(transformer.LayerNorm(embedded, "visual.ln_pre"));
        string features = transformer.Encode(
            stream, causal: false, "visual.ln_post", value => ClassToken(graph, value), maskScores: null);
        EmbeddingHead.Add(
            graph, weights, features, "visual.proj", config.Vision.Width, config.EmbeddingDimensions);
        return graph.Build();
    }

    /// <summary>Pixels to bytes [n, patches, patch · patch · 3].</summary>
    private static string ExtractPatches(GraphBuilder graph, ClipConfig config)
    {
        int size = config.Image.Size;
        int patch = config.PatchSize;
        int grid = size / patch;
        string pixels = graph.Input(Pixels, TensorElementType.UInt8, "n", $"{size}", $"{size}", $"{Channels}");
        if (grid * patch != size)
        {
            // A convolution leaves out the edge that fills no patch.
            pixels = graph.Node("Slice",
            [
                pixels, graph.Int64s(0, 0), graph.Int64s(grid * patch, grid * patch), graph.Int64s(1, 2),
            ]);
        }

        string split = graph.Node("Reshape", [pixels, graph.Int64s(-1, grid, patch, grid, patch * Channels)]);
        string ordered = graph.Node("Transpose", [split], NodeAttribute.Ints("perm", 0, 1, 3, 2, 4));
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
        int width = config.Vision.Width;
        int patch = config.PatchSize;
        PatchKernel kernel = PatchKernel.Fold(weights.Floats(KernelName, width, Channels, patch, patch), config);

        float[] positional = weights.Floats(PositionName, 1 + config.Patches, width).ToArray();
        for (int i = width; i < positional.Length; i++)
            positional[i] = (float)(positional[i] + kernel.Bias[i % width]);
        positions = graph.Weight(
            PositionName, weights.FromFloats(PositionName, positional), 1 + config.Patches, width);

        string embedded = linear.ProjectPixels(patches, KernelName, kernel);
        string token = graph.Weight(ClassName, weights.Get(ClassName, width), 1, 1, width);
        string count = graph.Node(
            "Shape", [Pixels], NodeAttribute.Int("start", 0), NodeAttribute.Int("end", 1));
        string shape = graph.Node("Concat", [count, graph.Int64s(1, width)], NodeAttribute.Int("axis", 0));
        string tokenOfEach = graph.Node("Expand", [token, shape]);
        return graph.Node("Concat", [tokenOfEach, embedded], NodeAttribute.Int("axis", 1));
    }

    private static string ClassToken(GraphBuilder graph, string tokens)
    {
        string first = graph.Node(
            "Slice", [tokens, graph.Int64s(0), graph.Int64s(1), graph.Int64s(1)]);
        return graph.Node("Squeeze", [first, graph.Int64s(1)]);
    }
}
