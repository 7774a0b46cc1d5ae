using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.TestSupport;

/// <summary>Architectures too small to be of use, in shapes that nobody would choose.</summary>
internal static class TestConfigs
{
    public static ClipConfig Create(
        int imageSize = 24, int patch = 8, int visionLayers = 2, int visionWidth = 32, int visionHeads = 2,
        int context = 16, int vocabulary = 50, int textLayers = 2, int textWidth = 24, int textHeads = 3,
        int dimensions = 20, int mlpRatio = 4, Activation activation = Activation.Gelu) => new()
        {
            EmbeddingDimensions = dimensions,
            PatchSize = patch,
            Vision = new TowerConfig(visionLayers, visionWidth, visionHeads, mlpRatio * visionWidth),
            ContextLength = context,
            VocabularySize = vocabulary,
            Text = new TowerConfig(textLayers, textWidth, textHeads, mlpRatio * textWidth),
            Activation = activation,
            LayerNormEpsilon = 1e-5f,
            Image = new ImageTransform(imageSize, CropRounding.HalfEven),
            Mean = [0.48145466f, 0.4578275f, 0.40821073f],
            StandardDeviation = [0.26862954f, 0.26130258f, 0.27577711f],
        };

    public static ReadOnlyMemory<byte> Image(ClipConfig config, int seed)
    {
        var pixels = new byte[config.Image.Size * config.Image.Size * 3];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    /// <summary>Any tokens, and then the end token: the largest id, and the only one of it.</summary>
    public static ReadOnlyMemory<int> Text(ClipConfig config, int length, int seed)
    {
        var random = new Random(seed);
        var end = config.VocabularySize - 1;
        return Enumerable.Range(1, length).Select(i => i < length ? random.Next(end) : end).ToArray();
    }
}
