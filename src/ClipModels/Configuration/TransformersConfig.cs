using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Files;
using static ClipGrpc.Models.Configuration.ConfigLimits;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Configuration;

/// <summary>
/// Reads <c>config.json</c> of transformers' CLIPModel. Missing keys have the defaults of its CLIPConfig; the many keys
/// that have nothing to do with the arithmetic are passed over.
/// </summary>
internal static class TransformersConfig
{
    public const string FileName = "config.json";

    /// <summary>
    /// The value of eos_token_id that means the largest id of a text: old files have it, whatever their tokenizer's
    /// end token is.
    /// </summary>
    private const int LargestId = 2;

    /// <exception cref="ClipException">A file is missing, or has errors: all of them are named.</exception>
    public static ClipConfig Read(string folder)
    {
        var config = ReadModel(folder);
        return TransformersPreprocessing.Read(folder, config);
    }

    private static ClipConfig ReadModel(string folder)
    {
        using var document = JsonFile.Read(Path.Combine(folder, FileName), JsonFile.ConfigurationLimit);
        var errors = new List<string>();
        var root = new ConfigSection(document.RootElement, "", errors);
        var type = root.Text("model_type", "clip");
        if (type != "clip")
            root.AddError("model_type", $"is {Quote(type)}; only 'clip' is supported.");

        var vision = TowerSection(root, "vision_config");
        var text = TowerSection(root, "text_config");
        var config = new ClipConfig
        {
            EmbeddingDimensions = root.Integer("projection_dim", 1, MaxEmbeddingDimensions, 512),
            PatchSize = vision.Integer("patch_size", 1, MaxImageSize, 32),
            Vision = ReadTower(vision, 768, 12, 3072),
            ContextLength = text.Integer("max_position_embeddings", 2, MaxContextLength, 77),
            VocabularySize = text.Integer("vocab_size", 3, MaxVocabularySize, 49408),
            Text = ReadTower(text, 512, 8, 2048),
            EndToken = ReadEndToken(text),
            Activation = ReadActivation(vision, text),
            LayerNormEpsilon = ReadEpsilon(vision, text),
            Image = new ImageTransform(vision.Integer("image_size", 1, MaxImageSize, 224), CropRounding.Floor),
            Mean = DefaultMean,
            StandardDeviation = DefaultStandardDeviation,
        };
        if (vision.Integer("num_channels", 1, 16, 3) != 3)
            vision.AddError("num_channels", "must be 3.");
        root.Harmless("quantization_config");
        if (errors.Count == 0)
            Check(config, errors);
        ThrowIfAny(FileName, errors);
        return config;
    }

    /// <summary>As in transformers: where an old file has <c>text_config_dict</c>, that one counts alone.</summary>
    private static ConfigSection TowerSection(ConfigSection root, string key) =>
        root.Section(root.Has(key + "_dict") ? key + "_dict" : key);

    private static TowerConfig ReadTower(ConfigSection tower, int width, int heads, int mlpWidth) => new(
        tower.Integer("num_hidden_layers", 1, MaxLayers, 12),
        tower.Integer("hidden_size", 1, MaxWidth, width),
        tower.Integer("num_attention_heads", 1, MaxHeads, heads),
        tower.Integer("intermediate_size", 1, MaxMlpWidth, mlpWidth));

    private static Activation ReadActivation(ConfigSection vision, ConfigSection text)
    {
        var activation = ReadActivation(vision);
        if (ReadActivation(text) != activation)
            text.AddError("hidden_act", "differs from that of vision_config, which is not supported.");
        return activation;
    }

    private static Activation ReadActivation(ConfigSection tower)
    {
        const string key = "hidden_act";
        var name = tower.Text(key, "quick_gelu");
        if (name is not ("quick_gelu" or "gelu"))
            tower.AddError(key, $"is {Quote(name)}; 'quick_gelu' and 'gelu' are supported.");
        return name == "gelu" ? Activation.Gelu : Activation.QuickGelu;
    }

    private static float ReadEpsilon(ConfigSection vision, ConfigSection text)
    {
        const string key = "layer_norm_eps";
        var epsilon = (float)vision.Number(key, 1e-12, 0.1, 1e-5);
        if ((float)text.Number(key, 1e-12, 0.1, 1e-5) != epsilon)
            text.AddError(key, "differs from that of vision_config, which is not supported.");
        return epsilon;
    }

    private static int? ReadEndToken(ConfigSection text)
    {
        var id = text.Integer("eos_token_id", 0, MaxVocabularySize, LargestId);
        return id == LargestId ? null : id;
    }
}
