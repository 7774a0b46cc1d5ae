using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Files;
using static ClipGrpc.Models.Configuration.ConfigLimits;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Configuration;

/// <summary>
/// Reads <c>open_clip_config.json</c>. Missing keys have OpenCLIP's defaults; keys that would change the arithmetic
/// in a way that is not implemented are refused by name.
/// </summary>
internal static class OpenClipConfig
{
    public const string FileName = "open_clip_config.json";

    /// <summary>What an exported image tower's folder calls its preprocessing.</summary>
    public const string ExportPreprocessingName = "preprocess_cfg.json";

    private const string ExportFileName = "config.json";

    private const string ExportPreprocessing = "visual/" + ExportPreprocessingName;

    private const float Epsilon = 1e-5f;

    /// <summary>Of no effect without timm_model_name.</summary>
    private static readonly string[] TimmKeys =
        ["timm_pool", "timm_proj", "timm_model_pretrained", "timm_proj_bias", "timm_drop", "timm_drop_path"];

    /// <summary>Of no effect without hf_model_name, which is refused.</summary>
    private static readonly string[] HuggingFaceKeys = ["hf_model_pretrained", "hf_proj_type", "hf_pooler_type"];

    /// <summary>Models whose tokenizer is CLIP's, as the beginnings of their names.</summary>
    private static readonly string[] ClipTokenizers = ["openai/clip-vit-", "laion/CLIP-ViT-"];

    /// <exception cref="ClipException">No such file, or errors: all of them are named.</exception>
    public static ClipConfig Read(string folder)
    {
        using var document = JsonFile.Read(Path.Combine(folder, FileName), JsonFile.ConfigurationLimit);
        var errors = new List<string>();
        var root = new ConfigSection(document.RootElement, "", errors);
        var model = root.Section("model_cfg");
        if (!model.Exists)
            root.AddError("model_cfg", "is missing.");
        return Read(model, root.Section("preprocess_cfg"), errors, folder, FileName);
    }

    /// <summary>
    /// The same where exporters put it beside ONNX towers: <c>config.json</c>, which is model_cfg by itself, and
    /// <c>visual/preprocess_cfg.json</c>. A whole open_clip_config.json counts where it is there.
    /// </summary>
    /// <exception cref="ClipException">No such file, or errors: all of them are named.</exception>
    public static ClipConfig ReadExport(string folder)
    {
        if (File.Exists(Path.Combine(folder, FileName)))
            return Read(folder);

        var preprocessingPath = Path.Combine(folder, ExportPreprocessing);
        using var model = JsonFile.Read(Path.Combine(folder, ExportFileName), JsonFile.ConfigurationLimit);
        using var preprocessing = File.Exists(preprocessingPath)
            ? JsonFile.Read(preprocessingPath, JsonFile.ConfigurationLimit)
            : null;
        var errors = new List<string>();
        return Read(
            new ConfigSection(model.RootElement, "", errors),
            new ConfigSection(preprocessing?.RootElement, "preprocess_cfg", errors),
            errors,
            folder,
            ExportFileName);
    }

    private static ClipConfig Read(
        ConfigSection model, ConfigSection preprocessing, List<string> errors, string folder, string file)
    {
        var vision = ReadVision(model.Section("vision_cfg"));
        var text = ReadText(model.Section("text_cfg"));
        var config = new ClipConfig
        {
            EmbeddingDimensions = model.Integer("embed_dim", 1, MaxEmbeddingDimensions, null),
            PatchSize = vision.PatchSize,
            Vision = vision.Tower,
            ContextLength = text.ContextLength,
            VocabularySize = text.VocabularySize,
            Text = text.Tower,
            Activation = model.Boolean("quick_gelu", WeightsOrigin.HasQuickGelu(folder))
                ? Activation.QuickGelu
                : Activation.Gelu,
            LayerNormEpsilon = vision.Epsilon,
            Image = new ImageTransform(
                vision.ImageSize, CropRounding.HalfEven, ReadResizeMode(preprocessing), ReadFilter(preprocessing)),
            Mean = Mean(preprocessing, "mean"),
            StandardDeviation = StandardDeviation(preprocessing, "std"),
        };
        if (text.Epsilon != vision.Epsilon)
        {
            model.Section("text_cfg").AddError(
                "norm_kwargs", "differs from that of vision_cfg, which is not supported.");
        }

        CheckModel(model);
        CheckPreprocessing(preprocessing, vision.ImageSize);
        if (errors.Count == 0)
            Check(config, errors);
        ThrowIfAny(file, errors);
        return config;
    }

    private static (TowerConfig Tower, int ImageSize, int PatchSize, float Epsilon) ReadVision(ConfigSection vision)
    {
        if (vision.Has("timm_model_name"))
        {
            vision.AddError(
                "timm_model_name",
                $"is {Quote(vision.Text("timm_model_name", ""))}: image towers of timm are not supported, "
                + "only OpenCLIP's own ViT.");
            return (new TowerConfig(1, 1, 1, 1), 1, 1, Epsilon);
        }

        if (vision.Has("layers") && !vision.IsNumber("layers"))
        {
            vision.AddError("layers", "is not a number: ResNet image towers are not supported, only ViT.");
            return (new TowerConfig(1, 1, 1, 1), 1, 1, Epsilon);
        }

        var width = vision.Integer("width", 1, MaxWidth, 768);
        var headWidth = vision.Integer("head_width", 1, MaxWidth, 64);
        if (width % headWidth != 0 || width / headWidth > MaxHeads)
            vision.AddError("head_width", $"{headWidth} does not divide the width {width} into 1 to {MaxHeads} heads.");

        var tower = new TowerConfig(
            vision.Integer("layers", 1, MaxLayers, 12), width, Math.Max(1, width / headWidth), MlpWidth(vision, width));
        var imageSize = vision.Square("image_size", 1, MaxImageSize, 224);
        var patchSize = vision.Square("patch_size", 1, MaxImageSize, 16);
        var epsilon = ReadEpsilon(vision);
        CheckVision(vision);
        return (tower, imageSize, patchSize, epsilon);
    }

    private static (TowerConfig Tower, int ContextLength, int VocabularySize, float Epsilon) ReadText(
        ConfigSection text)
    {
        var width = text.Integer("width", 1, MaxWidth, 512);
        var tower = new TowerConfig(
            text.Integer("layers", 1, MaxLayers, 12),
            width,
            text.Integer("heads", 1, MaxHeads, 8),
            MlpWidth(text, width));
        var contextLength = text.Integer("context_length", 2, MaxContextLength, 77);
        var vocabularySize = text.Integer("vocab_size", 3, MaxVocabularySize, 49408);
        var epsilon = ReadEpsilon(text);
        CheckText(text);
        return (tower, contextLength, vocabularySize, epsilon);
    }

    /// <summary>OpenCLIP cuts the product to an integer.</summary>
    private static int MlpWidth(ConfigSection tower, int width) =>
        Math.Max(1, (int)(width * tower.Number("mlp_ratio", 0.01, MaxMlpRatio, 4)));

    private static void CheckModel(ConfigSection model)
    {
        // Precision of the authors' own runs, and how their code returns results.
        model.Harmless("cast_dtype", "*");
        model.Harmless("output_dict", "*");

        // The value comes from the weights; this one is where training began.
        model.Harmless("init_logit_scale", "*");
        model.RefuseUnknownKeys();
    }

    private static void CheckVision(ConfigSection vision)
    {
        // Used in training only, or only together with a setting that is refused here.
        vision.Harmless("patch_dropout", "*");
        vision.Harmless("attn_pooler_queries", "*");
        vision.Harmless("attn_pooler_heads", "*");
        vision.Harmless("n_queries", "*");
        foreach (var key in TimmKeys)
            vision.Harmless(key, "*");

        // Gives all tokens beside the class token's result, which stays the same.
        vision.Harmless("output_tokens", "*");
        vision.Harmless("pool_type", "\"tok\"");
        vision.Harmless("pos_embed_type", "\"learnable\"");
        CheckActivation(vision);
        vision.RefuseUnknownKeys();
    }

    private static void CheckText(ConfigSection text)
    {
        text.Harmless("output_tokens", "*");
        text.Harmless("pool_type", "\"argmax\"");
        text.Harmless("proj_type", "\"linear\"");
        CheckActivation(text);

        // Only for text towers with a class token (embed_cls) or another pooling, which are refused.
        text.Harmless("pad_id", "*");
        text.Harmless("eos_id", "*");
        foreach (var key in HuggingFaceKeys)
            text.Harmless(key, "*");
        CheckTokenizer(text);
        text.RefuseUnknownKeys();
    }

    /// <summary>The tokenizer is read from the model's own files, so another model's must be the same.</summary>
    private static void CheckTokenizer(ConfigSection text)
    {
        const string nameKey = "hf_tokenizer_name";
        var name = text.Text(nameKey, "");
        if (name.Length > 0 && !Array.Exists(ClipTokenizers, known => name.StartsWith(known, StringComparison.Ordinal)))
            text.AddError(nameKey, $"is {Quote(name)}, a tokenizer that is not supported; only CLIP's is.");

        var arguments = text.Section("tokenizer_kwargs");
        arguments.Harmless("clean", "\"lower\"");
        arguments.RefuseUnknownKeys();
    }

    private static void CheckActivation(ConfigSection tower)
    {
        var arguments = tower.Section("act_kwargs");
        arguments.Harmless("approximate", "\"none\"");
        arguments.RefuseUnknownKeys();
    }

    private static float ReadEpsilon(ConfigSection tower)
    {
        var norm = tower.Section("norm_kwargs");
        foreach (var part in (ReadOnlySpan<string>)["elementwise_affine", "bias"])
        {
            if (!norm.Boolean(part, true))
                norm.AddError(part, "is false, which is not supported.");
        }

        var epsilon = (float)norm.Number("eps", 1e-12, 0.1, Epsilon);
        norm.RefuseUnknownKeys();
        return epsilon;
    }

    private static ResizeMode ReadResizeMode(ConfigSection preprocessing)
    {
        const string key = "resize_mode";
        var mode = preprocessing.Text(key, "shortest");
        if (mode is not ("shortest" or "squash"))
            preprocessing.AddError(key, $"is {Quote(mode)}; 'shortest' and 'squash' are supported.");
        return mode == "squash" ? ResizeMode.Squash : ResizeMode.ShortestEdge;
    }

    private static ResizeFilter ReadFilter(ConfigSection preprocessing)
    {
        const string key = "interpolation";
        var name = preprocessing.Text(key, "bicubic");
        if (name is not ("bicubic" or "bilinear" or "random"))
            preprocessing.AddError(key, $"is {Quote(name)}; 'bicubic', 'bilinear' and 'random' are supported.");

        // Random in training, bicubic otherwise.
        return name == "bilinear" ? ResizeFilter.Bilinear : ResizeFilter.Bicubic;
    }

    /// <summary>OpenCLIP drops all keys of preprocess_cfg but these, so that the others mean nothing here.</summary>
    private static void CheckPreprocessing(ConfigSection preprocessing, int imageSize)
    {
        var size = preprocessing.Square("size", 1, MaxImageSize, imageSize);
        if (size != imageSize)
            preprocessing.AddError("size", $"is {size}, but the model's image size is {imageSize}.");
        preprocessing.Harmless("mode", "\"RGB\"");
    }
}
