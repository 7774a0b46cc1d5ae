using System.Runtime.InteropServices;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Graphs;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>
/// Writes folders with very small towers as exporters lay them out. The towers are linear, so that a test can compute
/// what they give: images times a matrix, and the sum of the tokens' rows in a table.
/// </summary>
internal sealed class PreExportedFolder : IDisposable
{
    public const int Dimensions = 12;
    public const int Size = 8;
    public const int Context = 8;
    public const int Vocabulary = 64;
    private const int Elements = 3 * Size * Size;

    private readonly TemporaryFolder _folder = new();

    public float[] ImageMatrix { get; } = Random(1, Elements * Dimensions);

    /// <summary>The row of the padding is 0 only where the tower has no mask.</summary>
    public float[] TokenTable { get; } = Random(2, Vocabulary * Dimensions);

    public string Path => _folder.Path;

    public void WriteTransformersConfig()
    {
        TinyCheckpoint.WriteTransformersConfig(_folder);
        Directory.CreateDirectory(_folder.PathOf("onnx"));
    }

    public void WriteExportConfig()
    {
        Directory.CreateDirectory(_folder.PathOf("visual"));
        Directory.CreateDirectory(_folder.PathOf("textual"));
        _folder.Write("config.json", """
            {"embed_dim": 12,
             "vision_cfg": {"image_size": 8, "layers": 2, "width": 32, "head_width": 16, "patch_size": 4},
            "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 16, "heads": 2, "layers": 3}}
            """);
        _folder.Write("visual/preprocess_cfg.json", """
            {"size": [8, 8], "mode": "RGB", "mean": [0.5, 0.4, 0.3], "std": [0.25, 0.26, 0.27],
            "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0}
            """);
    }

    public void WriteImage(
        string file, string output = "image_embeds", string batch = "n", string size = "8", bool half = false,
        string? secondOutput = null, string? dataFile = null)
    {
        var graph = new GraphBuilder("image", int.MaxValue);
        var type = half ? TensorElementType.Float16 : TensorElementType.Float;
        var pixels = graph.Cast(
            graph.Input("pixel_values", type, batch, "3", size, size), TensorElementType.Float);
        var flat = graph.Node("Reshape", [pixels, graph.Int64s(-1, Elements)]);
        var bytes = MemoryMarshal.AsBytes<float>(ImageMatrix).ToArray();
        var region = dataFile is null ? null : new FileRegion(_folder.Write(dataFile, bytes), 0, bytes.Length);
        var matrix = graph.Matrix(
            "matrix", new WeightData(bytes, region, TensorElementType.Float), Elements, Dimensions);
        var rows = graph.Node("MatMul", [flat, matrix]);
        Finish(graph, rows, output, batch, half, secondOutput);
        _folder.Write(file, graph.Build().Model);
    }

    public void WriteText(
        string file, string output = "text_embeds", string input = "input_ids", string batch = "n",
        string length = "length", bool wide = true, bool masked = false, string? secondOutput = null,
        string? dataFile = null)
    {
        var type = wide ? TensorElementType.Int64 : TensorElementType.Int32;
        var graph = new GraphBuilder("text", int.MaxValue);
        if (!masked)
            TokenTable.AsSpan(0, Dimensions).Clear();
        var ids = graph.Input(input, type, batch, length);
        var bytes = MemoryMarshal.AsBytes<float>(TokenTable).ToArray();
        var region = dataFile is null ? null : new FileRegion(_folder.Write(dataFile, bytes), 0, bytes.Length);
        var table = graph.Matrix(
            "table", new WeightData(bytes, region, TensorElementType.Float), Vocabulary, Dimensions);
        var rows = graph.Node("Gather", [table, ids]);
        if (masked)
        {
            var mask = graph.Cast(graph.Input("attention_mask", type, batch, length), TensorElementType.Float);
            rows = graph.Node("Mul", [rows, graph.Node("Unsqueeze", [mask, graph.Int64s(2)])]);
        }

        var sum = graph.Node("ReduceSum", [rows, graph.Int64s(1)], NodeAttribute.Int("keepdims", 0));
        Finish(graph, sum, output, batch, half: false, secondOutput);
        _folder.Write(file, graph.Build().Model);
    }

    /// <summary>What an image of bytes gives, of norm 1, and the norm it had.</summary>
    public (double[] Embedding, double Norm) Image(ReadOnlySpan<byte> pixels)
    {
        double[] mean = [0.5, 0.4, 0.3];
        double[] deviation = [0.25, 0.26, 0.27];
        var sums = new double[Dimensions];
        for (var i = 0; i < Elements; i++)
        {
            (var channel, var pixel) = (i / (Size * Size), i % (Size * Size));
            var value = (pixels[pixel * 3 + channel] / 255.0 - mean[channel]) / deviation[channel];
            for (var d = 0; d < Dimensions; d++)
                sums[d] += value * ImageMatrix[i * Dimensions + d];
        }

        return Normalize(sums);
    }

    public (double[] Embedding, double Norm) Text(ReadOnlySpan<int> ids)
    {
        var sums = new double[Dimensions];
        foreach (var id in ids)
        {
            for (var d = 0; d < Dimensions; d++)
                sums[d] += TokenTable[id * Dimensions + d];
        }

        return Normalize(sums);
    }

    public void Dispose() => _folder.Dispose();

    private static void Finish(
        GraphBuilder graph, string rows, string output, string batch, bool half, string? secondOutput)
    {
        var type = half ? TensorElementType.Float16 : TensorElementType.Float;
        graph.Rename(graph.Cast(rows, type), output);
        graph.Output(output, type, batch, $"{Dimensions}");
        if (secondOutput is null)
            return;

        // As wide as the embedding, but not it.
        graph.Rename(graph.Node("Neg", [output]), secondOutput);
        graph.Output(secondOutput, type, batch, $"{Dimensions}");
    }

    private static (double[] Embedding, double Norm) Normalize(double[] sums)
    {
        var norm = Math.Sqrt(sums.Sum(value => value * value));
        return ([.. sums.Select(value => value / norm)], norm);
    }

    private static float[] Random(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
