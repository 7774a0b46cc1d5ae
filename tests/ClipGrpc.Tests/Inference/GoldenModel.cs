using System.Text.Json;
using ClipGrpc.Server.Images;
using ClipGrpc.Server.Models;

namespace ClipGrpc.Tests.Inference;

/// <summary>One file of TestData/models: an architecture, and what PyTorch made of its weights.</summary>
internal sealed record GoldenModel(
    string Model, ClipConfig Config, float[][] ImageEmbeddings, float[][] TextEmbeddings, float[] ImageNorms,
    float[] TextNorms, int[][] TokenIds, string[] Images)
{
    public static string DataFolder { get; } = Path.Combine(AppContext.BaseDirectory, "TestData");

    public static GoldenModel Load(string name)
    {
        string path = Path.Combine(DataFolder, "models", $"{name}.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement root = document.RootElement;
        return new GoldenModel(
            root.GetProperty("model").GetString()!, ReadConfig(root), Read<float[][]>(root, "image_embeddings"),
            Read<float[][]>(root, "text_embeddings"), Read<float[]>(root, "image_norms"),
            Read<float[]>(root, "text_norms"), Read<int[][]>(root, "token_ids"), Read<string[]>(root, "images"));
    }

    /// <summary>The file in TestData/crops of each picture, for the full-size models.</summary>
    public IEnumerable<string> CropFiles
    {
        get
        {
            string suffix = Config.Image.Rounding == CropRounding.Floor ? "transformers" : "torchvision";
            return Images.Select(image => Path.Combine(DataFolder, "crops", $"{image}.{suffix}.png"));
        }
    }

    private static ClipConfig ReadConfig(JsonElement root)
    {
        JsonElement config = root.GetProperty("config");
        int Int(string name) => config.GetProperty(name).GetInt32();
        bool quick = root.GetProperty("activation").GetString() == "quick_gelu";
        return TestConfigs.Create(
            Int("image_resolution"), Int("vision_patch_size"), Int("vision_layers"), Int("vision_width"),
            Int("vision_width") / 64, Int("context_length"), Int("vocab_size"), Int("transformer_layers"),
            Int("transformer_width"), Int("transformer_heads"), Int("embed_dim"),
            activation: quick ? Activation.QuickGelu : Activation.Gelu) with
        {
            Image = new ImageTransform(
                Int("image_resolution"),
                root.GetProperty("crop_rounding").GetString() == "transformers"
                    ? CropRounding.Floor
                    : CropRounding.HalfEven),
        };
    }

    private static T Read<T>(JsonElement root, string name) => root.GetProperty(name).Deserialize<T>()!;
}
