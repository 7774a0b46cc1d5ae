using System.Text.Json;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.TestSupport;

/// <summary>One file of TestData/models: an architecture, and what PyTorch made of its weights.</summary>
/// <param name="Model">The id that the synthetic weights are a function of.</param>
/// <param name="Images">Names in TestData/images.</param>
/// <param name="Logits">Of each image for each text: logit scale × cosine.</param>
/// <param name="Probabilities">Softmax of the logits of each image.</param>
internal sealed record GoldenModel(
    string Model, ClipConfig Config, float LogitScale, float[][] ImageEmbeddings, float[][] TextEmbeddings,
    float[] ImageNorms, float[] TextNorms, int[][] TokenIds, string[] Images, string[] Texts, float[][] Logits,
    float[][] Probabilities)
{
    /// <param name="name">Of the file, without its ending.</param>
    public static GoldenModel Load(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Make.DataPath("models", $"{name}.json")));
        var root = document.RootElement;
        return new GoldenModel(
            Read<string>(root, "model"), ReadConfig(root), Read<float>(root, "logit_scale"),
            Read<float[][]>(root, "image_embeddings"), Read<float[][]>(root, "text_embeddings"),
            Read<float[]>(root, "image_norms"), Read<float[]>(root, "text_norms"), Read<int[][]>(root, "token_ids"),
            Read<string[]>(root, "images"), Read<string[]>(root, "texts"), Read<float[][]>(root, "logits"),
            Read<float[][]>(root, "probabilities"));
    }

    /// <summary>The file in TestData/crops of each image, for the full-size models.</summary>
    public IEnumerable<string> CropFiles
    {
        get
        {
            var suffix = Config.Image.Rounding == CropRounding.Floor ? "transformers" : "torchvision";
            return Images.Select(image => Make.DataPath("crops", $"{image}.{suffix}.png"));
        }
    }

    private static ClipConfig ReadConfig(JsonElement root)
    {
        var config = root.GetProperty("config");
        int Int(string name) => config.GetProperty(name).GetInt32();
        var isFloor = Read<string>(root, "crop_rounding") == "transformers";
        var isQuick = Read<string>(root, "activation") == "quick_gelu";
        var (vision, text) = (Int("vision_width"), Int("transformer_width"));
        return new ClipConfig
        {
            EmbeddingDimensions = Int("embed_dim"),
            PatchSize = Int("vision_patch_size"),
            Vision = new TowerConfig(Int("vision_layers"), vision, vision / 64, 4 * vision),
            ContextLength = Int("context_length"),
            VocabularySize = Int("vocab_size"),
            Text = new TowerConfig(Int("transformer_layers"), text, Int("transformer_heads"), 4 * text),
            Activation = isQuick ? Activation.QuickGelu : Activation.Gelu,
            LayerNormEpsilon = 1e-5f,
            Image = new ImageTransform(Int("image_resolution"), isFloor ? CropRounding.Floor : CropRounding.HalfEven),
            Mean = [0.48145466f, 0.4578275f, 0.40821073f],
            StandardDeviation = [0.26862954f, 0.26130258f, 0.27577711f],
        };
    }

    private static T Read<T>(JsonElement root, string name) => root.GetProperty(name).Deserialize<T>()!;
}
