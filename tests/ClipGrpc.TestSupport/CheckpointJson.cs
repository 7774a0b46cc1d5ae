using System.Text.Json;
using ClipGrpc.Models.Configuration;

namespace ClipGrpc.TestSupport;

/// <summary>The configuration files of an architecture in the layout of transformers.</summary>
internal static class CheckpointJson
{
    public static string Transformers(ClipConfig config)
    {
        var activation = config.Activation == Activation.QuickGelu ? "quick_gelu" : "gelu";
        return JsonSerializer.Serialize(new
        {
            model_type = "clip",
            projection_dim = config.EmbeddingDimensions,
            text_config = new
            {
                hidden_size = config.Text.Width,
                intermediate_size = config.Text.MlpWidth,
                num_attention_heads = config.Text.Heads,
                num_hidden_layers = config.Text.Layers,
                max_position_embeddings = config.ContextLength,
                vocab_size = config.VocabularySize,
                hidden_act = activation,
            },
            vision_config = new
            {
                hidden_size = config.Vision.Width,
                intermediate_size = config.Vision.MlpWidth,
                num_attention_heads = config.Vision.Heads,
                num_hidden_layers = config.Vision.Layers,
                image_size = config.Image.Size,
                patch_size = config.PatchSize,
                hidden_act = activation,
            },
        });
    }

    public static string Preprocessor(ClipConfig config) => JsonSerializer.Serialize(new
    {
        crop_size = new { height = config.Image.Size, width = config.Image.Size },
        size = new { shortest_edge = config.Image.Size },
        image_mean = config.Mean,
        image_std = config.StandardDeviation,
        resample = 3,
        rescale_factor = 1 / 255.0,
        do_resize = true,
        do_center_crop = true,
        do_normalize = true,
        do_rescale = true,
        do_convert_rgb = true,
    });
}
