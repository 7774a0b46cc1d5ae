using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Configuration;

/// <summary>
/// Bounds of the values of a configuration, several times beyond the largest CLIP published, and the defaults of both
/// layouts.
/// </summary>
internal static class ConfigLimits
{
    public const int MaxLayers = 128;
    public const int MaxWidth = 8192;
    public const int MaxMlpWidth = 8 * MaxWidth;
    public const int MaxHeads = 256;
    public const int MaxImageSize = 2048;
    public const int MaxContextLength = 4096;
    public const int MaxVocabularySize = 1_000_000;
    public const int MaxEmbeddingDimensions = MaxWidth;
    public const double MaxMlpRatio = 8;

    /// <summary>Per channel of the images OpenAI trained on; both layouts fall back to them.</summary>
    public static float[] DefaultMean => [0.48145466f, 0.4578275f, 0.40821073f];

    public static float[] DefaultStandardDeviation => [0.26862954f, 0.26130258f, 0.27577711f];

    public static float[] Mean(ConfigSection section, string key) => section.Channels(key, DefaultMean, -10, 10);

    /// <summary>A divisor, so it must not be zero.</summary>
    public static float[] StandardDeviation(ConfigSection section, string key) =>
        section.Channels(key, DefaultStandardDeviation, 1e-4, 10);

    /// <summary>Rules over more than one key.</summary>
    public static void Check(ClipConfig config, List<string> errors)
    {
        if (config.Image.Size % config.PatchSize != 0)
            errors.Add($"The patch size {config.PatchSize} does not divide the image size {config.Image.Size}.");
        CheckHeads("image", config.Vision, errors);
        CheckHeads("text", config.Text, errors);
    }

    /// <exception cref="ClipException">There are errors: all are in the message.</exception>
    public static void ThrowIfAny(string file, List<string> errors)
    {
        if (errors.Count > 0)
            throw Invalid(file, List("the configuration is not supported:", errors));
    }

    private static void CheckHeads(string tower, TowerConfig config, List<string> errors)
    {
        if (config.Width % config.Heads != 0)
            errors.Add($"The {tower} tower's width {config.Width} does not divide into {config.Heads} heads.");
    }
}
