using System.Text.Json;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.LoadTest.Devices;

/// <summary>
/// An architecture, and what PyTorch made of its synthetic weights, from one file of the reference data.
/// </summary>
/// <param name="Model">The id that the weights are a function of.</param>
/// <param name="TokenIds">Of each text, from start to end token.</param>
/// <param name="Images">The images' files.</param>
internal sealed record ReferenceVectors(
    string Model, ClipConfig Config, int[][] TokenIds, float[][] TextEmbeddings, IReadOnlyList<string> Images,
    float[][] ImageEmbeddings)
{
    private const int HeadWidth = 64;
    private const int MlpRatio = 4;

    /// <summary>Every file of <c>models</c>, by name; those of another name than is asked for are left out.</summary>
    /// <param name="folder">With <c>models</c> and <c>images</c>.</param>
    /// <param name="only">Parts of file names; none means all.</param>
    /// <exception cref="LoadTestException">There is no such file.</exception>
    public static IReadOnlyList<ReferenceVectors> ReadAll(string folder, IReadOnlyList<string> only)
    {
        var models = Path.Combine(folder, "models");
        var files = Directory.Exists(models)
            ? Directory.EnumerateFiles(models, "*.json").Order(StringComparer.Ordinal).Where(IsWanted).ToList()
            : [];
        return files.Count > 0
            ? [.. files.Select(file => Read(file, Path.Combine(folder, "images")))]
            : throw new LoadTestException($"there are no such reference vectors in {models}.");

        bool IsWanted(string file) => only.Count == 0
            || only.Any(part => Path.GetFileName(file).Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    private static ReferenceVectors Read(string file, string images)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var root = document.RootElement;
        return new ReferenceVectors(
            Get<string>(root, "model"), ReadConfig(root), Get<int[][]>(root, "token_ids"),
            Get<float[][]>(root, "text_embeddings"),
            [.. Get<string[]>(root, "images").Select(name => Path.Combine(images, name))],
            Get<float[][]>(root, "image_embeddings"));
    }

    private static ClipConfig ReadConfig(JsonElement root)
    {
        var config = root.GetProperty("config");
        int Int(string name) => config.GetProperty(name).GetInt32();
        var (vision, text) = (Int("vision_width"), Int("transformer_width"));
        var rounding = Get<string>(root, "crop_rounding") == "transformers"
            ? CropRounding.Floor : CropRounding.HalfEven;
        return Models.Architecture.Create(
            Int("embed_dim"), Int("vision_patch_size"),
            new TowerConfig(Int("vision_layers"), vision, vision / HeadWidth, MlpRatio * vision),
            new TowerConfig(Int("transformer_layers"), text, Int("transformer_heads"), MlpRatio * text)) with
        {
            ContextLength = Int("context_length"),
            VocabularySize = Int("vocab_size"),
            Activation = Get<string>(root, "activation") == "quick_gelu" ? Activation.QuickGelu : Activation.Gelu,
            Image = new ImageTransform(Int("image_resolution"), rounding),
        };
    }

    private static T Get<T>(JsonElement root, string name) => root.GetProperty(name).Deserialize<T>()!;
}
