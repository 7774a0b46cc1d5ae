using System.Text.Json;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.LoadTest.Models;

/// <summary>The configuration file of a checkpoint.</summary>
internal static class CheckpointConfig
{
    /// <summary>The content of <c>open_clip_config.json</c>.</summary>
    public static string OpenClip(ClipConfig config) => JsonSerializer.Serialize(new
    {
        model_cfg = new
        {
            embed_dim = config.EmbeddingDimensions,
            quick_gelu = config.Activation == Activation.QuickGelu,
            vision_cfg = new
            {
                image_size = config.Image.Size,
                layers = config.Vision.Layers,
                width = config.Vision.Width,
                head_width = config.Vision.Width / config.Vision.Heads,
                patch_size = config.PatchSize,
            },
            text_cfg = new
            {
                context_length = config.ContextLength,
                vocab_size = config.VocabularySize,
                width = config.Text.Width,
                heads = config.Text.Heads,
                layers = config.Text.Layers,
            },
        },
        preprocess_cfg = new { mean = config.Mean, std = config.StandardDeviation },
    });
}
