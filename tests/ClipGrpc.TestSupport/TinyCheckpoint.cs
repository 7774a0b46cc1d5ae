using ClipGrpc.Imaging.Resizing;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>
/// Makes whole checkpoints of a very small CLIP from synthetic weights, in both layouts. The names and shapes are
/// written down here a second time on purpose: what reads them must not be what made them.
/// </summary>
internal static class TinyCheckpoint
{
    public const string ModelId = "synthetic/very-tiny";

    /// <summary>As the OpenCLIP files say; those of transformers have QuickGELU and the other crop rounding.</summary>
    public static ClipConfig Config { get; } = new()
    {
        EmbeddingDimensions = 12,
        PatchSize = 4,
        Vision = new TowerConfig(2, 32, 2, 128),
        ContextLength = 8,
        VocabularySize = 64,
        Text = new TowerConfig(3, 16, 2, 64),
        Activation = Activation.Gelu,
        LayerNormEpsilon = 1e-5f,
        Image = new ImageTransform(8, CropRounding.HalfEven),
        Mean = [0.5f, 0.4f, 0.3f],
        StandardDeviation = [0.25f, 0.26f, 0.27f],
    };

    public static string OpenClipJson { get; } = CheckpointConfig.OpenClip(Config);

    public static string TransformersJson { get; } =
        CheckpointJson.Transformers(Config with { Activation = Activation.QuickGelu });

    public static string PreprocessorJson { get; } = CheckpointJson.Preprocessor(Config);

    /// <summary>Names and shapes of the learnt tensors, and the layers of the tower each belongs to.</summary>
    public static IReadOnlyList<(string Name, long[] Shape, int Layers)> Tensors { get; } =
    [
        ("logit_scale", [], 1),
        ("visual.class_embedding", [32], 2),
        ("visual.positional_embedding", [5, 32], 2),
        ("visual.conv1.weight", [32, 3, 4, 4], 2),
        ("visual.ln_pre.weight", [32], 2),
        ("visual.ln_pre.bias", [32], 2),
        .. Blocks("visual.transformer", 2, 32),
        ("visual.ln_post.weight", [32], 2),
        ("visual.ln_post.bias", [32], 2),
        ("visual.proj", [32, 12], 2),
        ("token_embedding.weight", [64, 16], 3),
        ("positional_embedding", [8, 16], 3),
        .. Blocks("transformer", 3, 16),
        ("ln_final.weight", [16], 3),
        ("ln_final.bias", [16], 3),
        ("text_projection", [16, 12], 3),
    ];

    /// <summary>The values of an OpenCLIP name.</summary>
    public static float[] Values(string name)
    {
        var (_, shape, layers) = Tensors.Single(tensor => tensor.Name == name);
        return SyntheticWeights.Values(ModelId, name, shape, layers);
    }

    public static List<TestTensor> OpenClip(TensorType type = TensorType.Float32) =>
        [.. Tensors.Select(tensor => TestTensor.Of(tensor.Name, type, tensor.Shape, Values(tensor.Name)))];

    public static List<TestTensor> Transformers(TensorType type = TensorType.Float32) =>
    [
        .. Tensors.SelectMany(tensor => TransformersTensors.Of(tensor.Name, tensor.Shape, Values(tensor.Name), type)),
        TestTensor.Of("text_model.embeddings.position_ids", TensorType.Int64, [1, 8], [0, 1, 2, 3, 4, 5, 6, 7]),
        TestTensor.Of("vision_model.embeddings.position_ids", TensorType.Int64, [1, 5], [0, 1, 2, 3, 4]),
    ];

    /// <summary>A folder's files but for the weights.</summary>
    public static void WriteOpenClipConfig(TemporaryFolder folder) =>
        folder.Write("open_clip_config.json", OpenClipJson);

    public static void WriteTransformersConfig(TemporaryFolder folder)
    {
        folder.Write("config.json", TransformersJson);
        folder.Write("preprocessor_config.json", PreprocessorJson);
    }

    private static IEnumerable<(string Name, long[] Shape, int Layers)> Blocks(string tower, int layers, long width) =>
        Enumerable.Range(0, layers).Select(layer => $"{tower}.resblocks.{layer}.").SelectMany(
            block => new (string, long[], int)[]
            {
                (block + "attn.in_proj_weight", [3 * width, width], layers),
                (block + "attn.in_proj_bias", [3 * width], layers),
                (block + "attn.out_proj.weight", [width, width], layers),
                (block + "attn.out_proj.bias", [width], layers),
                (block + "ln_1.weight", [width], layers),
                (block + "ln_1.bias", [width], layers),
                (block + "ln_2.weight", [width], layers),
                (block + "ln_2.bias", [width], layers),
                (block + "mlp.c_fc.weight", [4 * width, width], layers),
                (block + "mlp.c_fc.bias", [4 * width], layers),
                (block + "mlp.c_proj.weight", [width, 4 * width], layers),
                (block + "mlp.c_proj.bias", [width], layers),
            });
}
