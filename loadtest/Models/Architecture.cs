using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.LoadTest.Models;

/// <summary>The published architectures of full size that a checkpoint can be made for.</summary>
internal static class Architecture
{
    private const int ContextLength = 77;
    private const int VocabularySize = 49_408;
    private const int ImageSize = 224;

    // The values that CLIP was trained with; they are part of the graph, not of its speed.
    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f];
    private static readonly float[] StandardDeviation = [0.26862954f, 0.26130258f, 0.27577711f];

    private static readonly Dictionary<string, ClipConfig> Known = new(StringComparer.Ordinal)
    {
        ["ViT-B-32"] = Create(embedding: 512, patch: 32, visionLayers: 12, visionWidth: 768, textWidth: 512),
        ["ViT-B-16"] = Create(embedding: 512, patch: 16, visionLayers: 12, visionWidth: 768, textWidth: 512),
        ["ViT-L-14"] = Create(embedding: 768, patch: 14, visionLayers: 24, visionWidth: 1024, textWidth: 768),
    };

    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <exception cref="LoadTestException">No such architecture.</exception>
    public static ClipConfig Find(string name) => Known.TryGetValue(name, out var config)
        ? config
        : throw new LoadTestException($"there is no architecture {name}; there are: {string.Join(", ", Names)}.");

    /// <summary>With what all published models have in common.</summary>
    public static ClipConfig Create(int embedding, int patch, TowerConfig vision, TowerConfig text) => new()
    {
        EmbeddingDimensions = embedding,
        PatchSize = patch,
        Vision = vision,
        ContextLength = ContextLength,
        VocabularySize = VocabularySize,
        Text = text,
        Activation = Activation.Gelu,
        LayerNormEpsilon = 1e-5f,
        Image = new ImageTransform(ImageSize, CropRounding.HalfEven),
        Mean = Mean,
        StandardDeviation = StandardDeviation,
    };

    private static ClipConfig Create(
        int embedding, int patch, int visionLayers, int visionWidth, int textWidth) => Create(
        embedding, patch, new TowerConfig(visionLayers, visionWidth, visionWidth / 64, visionWidth * 4),
        new TowerConfig(12, textWidth, textWidth / 64, textWidth * 4));
}
