using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

/// <summary>
/// The keys of published CLIP configurations. A setting on which the reference acts is honored or refused by name; one
/// that it ignores is ignored.
/// </summary>
public sealed class PublishedSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("model_cfg.quick_gelu", "true", "honored")]
    [InlineData("model_cfg.custom_text", "false", "ignored")]
    [InlineData("model_cfg.cast_dtype", "\"fp16\"", "ignored")]
    [InlineData("model_cfg.output_dict", "true", "ignored")]
    [InlineData("model_cfg.init_logit_scale", "2.65", "ignored")]
    [InlineData("model_cfg.init_logit_bias", "-10", "refused")]
    [InlineData("model_cfg.multimodal_cfg", "{}", "refused")]
    [InlineData("model_cfg.vision_cfg.mlp_ratio", "2", "honored")]
    [InlineData("model_cfg.vision_cfg.norm_kwargs", "{}", "ignored")]
    [InlineData("model_cfg.vision_cfg.norm_kwargs", "{\"eps\":1e-05}", "ignored")]
    [InlineData(
        "model_cfg.vision_cfg.norm_kwargs", "{\"eps\":1e-05,\"elementwise_affine\":true,\"bias\":true}", "ignored")]
    [InlineData("model_cfg.vision_cfg.norm_kwargs", "{\"eps\":1e-06}", "refused")]
    [InlineData("model_cfg.text_cfg.norm_kwargs", "{\"bias\":false}", "refused")]
    [InlineData("model_cfg.text_cfg.norm_kwargs", "{\"other\":1}", "refused")]
    [InlineData("model_cfg.vision_cfg.act_kwargs", "{\"approximate\":\"none\"}", "ignored")]
    [InlineData("model_cfg.vision_cfg.act_kwargs", "{\"approximate\":\"tanh\"}", "refused")]
    [InlineData("model_cfg.vision_cfg.patch_dropout", "0.5", "ignored")]
    [InlineData("model_cfg.vision_cfg.attentional_pool", "true", "refused")]
    [InlineData("model_cfg.vision_cfg.attn_pooler_heads", "8", "ignored")]
    [InlineData("model_cfg.vision_cfg.pool_type", "\"tok\"", "ignored")]
    [InlineData("model_cfg.vision_cfg.pos_embed_type", "\"sin_cos_2d\"", "refused")]
    [InlineData("model_cfg.vision_cfg.final_ln_after_pool", "true", "refused")]
    [InlineData("model_cfg.vision_cfg.timm_model_pretrained", "true", "ignored")]
    [InlineData("model_cfg.text_cfg.hf_tokenizer_name", "\"openai/clip-vit-large-patch14\"", "ignored")]
    [InlineData("model_cfg.text_cfg.hf_tokenizer_name", "\"laion/CLIP-ViT-B-32-laion2B-s34B-b79K\"", "ignored")]
    [InlineData("model_cfg.text_cfg.hf_tokenizer_name", "\"\"", "ignored")]
    [InlineData("model_cfg.text_cfg.hf_tokenizer_name", "\"bert-base-uncased\"", "refused")]
    [InlineData("model_cfg.text_cfg.hf_model_name", "\"roberta-base\"", "refused")]
    [InlineData("model_cfg.text_cfg.hf_proj_type", "\"mlp\"", "ignored")]
    [InlineData("model_cfg.text_cfg.tokenizer_kwargs", "{}", "ignored")]
    [InlineData("model_cfg.text_cfg.tokenizer_kwargs", "{\"clean\":\"lower\"}", "ignored")]
    [InlineData("model_cfg.text_cfg.tokenizer_kwargs", "{\"clean\":\"canonicalize\"}", "refused")]
    [InlineData("model_cfg.text_cfg.tokenizer_kwargs", "{\"strip_sep_token\":true}", "refused")]
    [InlineData("model_cfg.text_cfg.pool_type", "\"eos\"", "refused")]
    [InlineData("model_cfg.text_cfg.eos_id", "2", "ignored")]
    [InlineData("model_cfg.text_cfg.embed_cls", "true", "refused")]
    [InlineData("model_cfg.text_cfg.proj_bias", "true", "refused")]
    [InlineData("preprocess_cfg.hf_hub", "\"imageomics/bioclip\"", "ignored")]
    [InlineData("preprocess_cfg.num_channels", "3", "ignored")]
    [InlineData("preprocess_cfg.crop_pct", "0.9", "ignored")]
    [InlineData("preprocess_cfg.fill_color", "7", "ignored")]
    [InlineData("preprocess_cfg.mode", "\"RGB\"", "ignored")]
    [InlineData("preprocess_cfg.mode", "\"L\"", "refused")]
    [InlineData("preprocess_cfg.mean", "[0,0,0]", "honored")]
    [InlineData("preprocess_cfg.mean", "0.25", "honored")]
    [InlineData("preprocess_cfg.mean", "0", "refused")]
    [InlineData("preprocess_cfg.resize_mode", "\"shortest\"", "ignored")]
    [InlineData("preprocess_cfg.resize_mode", "\"squash\"", "honored")]
    [InlineData("preprocess_cfg.resize_mode", "\"longest\"", "refused")]
    [InlineData("preprocess_cfg.interpolation", "\"bicubic\"", "ignored")]
    [InlineData("preprocess_cfg.interpolation", "\"random\"", "ignored")]
    [InlineData("preprocess_cfg.interpolation", "\"bilinear\"", "honored")]
    [InlineData("preprocess_cfg.interpolation", "\"nearest\"", "refused")]
    [InlineData("preprocess_cfg.size", "[8,8]", "ignored")]
    public void OpenClip(string key, string value, string outcome)
    {
        Check(ReadConfig(TinyCheckpoint.OpenClipJson), ReadConfig, TinyCheckpoint.OpenClipJson, key, value, outcome);

        string ReadConfig(string json)
        {
            _folder.Write(OpenClipConfig.FileName, json);
            return Describe(OpenClipConfig.Read(_folder.Path));
        }
    }

    [Theory]
    [InlineData("architectures", "[\"CLIPModel\"]", "ignored")]
    [InlineData("torch_dtype", "\"float16\"", "ignored")]
    [InlineData("dtype", "\"bfloat16\"", "ignored")]
    [InlineData("logit_scale_init_value", "3", "ignored")]
    [InlineData("initializer_factor", "2", "ignored")]
    [InlineData("quantization_config", "{\"load_in_8bit\":true}", "refused")]
    [InlineData("model_type", "\"chinese_clip\"", "refused")]
    [InlineData("text_config.eos_token_id", "2", "ignored")]
    [InlineData("text_config.eos_token_id", "63", "honored")]
    [InlineData("text_config.eos_token_id", "-1", "refused")]
    [InlineData("text_config.bos_token_id", "0", "ignored")]
    [InlineData("text_config.pad_token_id", "1", "ignored")]
    [InlineData("text_config.attention_dropout", "0.1", "ignored")]
    [InlineData("text_config.max_length", "20", "ignored")]
    [InlineData("text_config.max_position_embeddings", "7", "honored")]
    [InlineData("vision_config.layer_norm_eps", "1e-6", "refused")]
    [InlineData("vision_config.hidden_act", "\"gelu\"", "refused")]
    [InlineData("vision_config.num_channels", "3", "ignored")]
    public void TransformersModel(string key, string value, string outcome)
    {
        _folder.Write(TransformersPreprocessing.FileName, TinyCheckpoint.PreprocessorJson);
        Check(
            ReadConfig(TinyCheckpoint.TransformersJson), ReadConfig, TinyCheckpoint.TransformersJson,
            key, value, outcome);

        string ReadConfig(string json)
        {
            _folder.Write(TransformersConfig.FileName, json);
            return Describe(TransformersConfig.Read(_folder.Path));
        }
    }

    [Theory]
    [InlineData("use_square_size", "true", "honored")]
    [InlineData("use_square_size", "false", "ignored")]
    [InlineData("size", "8", "ignored")]
    [InlineData("size", "{\"height\":8,\"width\":8}", "honored")]
    [InlineData("size", "[8,8]", "honored")]
    [InlineData("size", "{\"height\":8,\"width\":16}", "refused")]
    [InlineData("size", "{\"shortest_edge\":8,\"longest_edge\":32}", "refused")]
    [InlineData("size", "9", "honored")]
    [InlineData("size", "{\"shortest_edge\":9}", "honored")]
    [InlineData("size", "7", "refused")]
    [InlineData("size", "null", "honored")]
    [InlineData("crop_size", "8", "ignored")]
    [InlineData("crop_size", "16", "refused")]
    [InlineData("crop_size", "{\"shortest_edge\":8}", "refused")]
    [InlineData("do_center_crop", "false", "refused")]
    [InlineData("do_resize", "false", "refused")]
    [InlineData("do_rescale", "false", "refused")]
    [InlineData("do_normalize", "false", "refused")]
    [InlineData("do_convert_rgb", "false", "ignored")]
    [InlineData("do_pad", "true", "refused")]
    [InlineData("do_pad", "null", "ignored")]
    [InlineData("default_to_square", "true", "ignored")]
    [InlineData("resample", "3", "ignored")]
    [InlineData("resample", "0", "refused")]
    [InlineData("resample", "1", "honored")]
    [InlineData("resample", "2", "honored")]
    [InlineData("resample", "4", "honored")]
    [InlineData("resample", "5", "honored")]
    [InlineData("image_mean", "[0,0,0]", "honored")]
    [InlineData("image_mean", "0.5", "honored")]
    [InlineData("image_processor_type", "\"CLIPImageProcessor\"", "ignored")]
    [InlineData("image_processor_type", "\"CLIPImageProcessorFast\"", "ignored")]
    [InlineData("image_processor_type", "\"ViTImageProcessor\"", "refused")]
    [InlineData("feature_extractor_type", "\"CLIPFeatureExtractor\"", "ignored")]
    [InlineData("processor_class", "\"CLIPProcessor\"", "ignored")]
    [InlineData("data_format", "\"channels_first\"", "ignored")]
    [InlineData("crop_pct", "0.875", "ignored")]
    [InlineData("_valid_processor_keys", "[\"images\"]", "ignored")]
    public void TransformersImages(string key, string value, string outcome)
    {
        _folder.Write(TransformersConfig.FileName, TinyCheckpoint.TransformersJson);
        Check(
            ReadConfig(TinyCheckpoint.PreprocessorJson), ReadConfig, TinyCheckpoint.PreprocessorJson,
            key, value, outcome);

        string ReadConfig(string json)
        {
            _folder.Write(TransformersPreprocessing.FileName, json);
            return Describe(TransformersConfig.Read(_folder.Path));
        }
    }

    [Theory]
    [InlineData("tokenizer_class", "\"CLIPTokenizer\"", "ignored")]
    [InlineData("tokenizer_class", "\"CLIPTokenizerFast\"", "ignored")]
    [InlineData("tokenizer_class", "\"BertTokenizer\"", "refused")]
    [InlineData("tokenizer_class", "\"PreTrainedTokenizerFast\"", "refused")]
    [InlineData("do_lower_case", "true", "ignored")]
    [InlineData("do_lower_case", "false", "refused")]
    [InlineData("model_max_length", "77", "ignored")]
    [InlineData("model_max_length", "1000000000000000019884624838656", "ignored")]
    [InlineData("model_max_length", "5", "honored")]
    [InlineData("model_max_length", "2", "refused")]
    [InlineData("model_max_length", "\"long\"", "refused")]
    [InlineData("add_prefix_space", "false", "ignored")]
    [InlineData("add_prefix_space", "true", "refused")]
    [InlineData("truncation_side", "\"left\"", "refused")]
    [InlineData("padding_side", "\"right\"", "ignored")]
    [InlineData("padding_side", "\"left\"", "refused")]
    [InlineData("bos_token", "\"<|startoftext|>\"", "ignored")]
    [InlineData("bos_token", "{\"content\":\"<|startoftext|>\",\"lstrip\":false}", "ignored")]
    [InlineData("eos_token", "\"</s>\"", "refused")]
    [InlineData("pad_token", "\"!\"", "ignored")]
    [InlineData("added_tokens_decoder", "{\"0\":{\"content\":\"!\"}}", "ignored")]
    [InlineData("added_tokens_decoder", "{\"700\":{\"content\":\"<cat-toy>\"}}", "refused")]
    [InlineData("errors", "\"replace\"", "ignored")]
    [InlineData("clean_up_tokenization_spaces", "true", "ignored")]
    public void Tokenizer(string key, string value, string outcome)
    {
        using var folder = VocabularyFolder.Written();
        Check(Tokenize("{}"), Tokenize, "{}", key, value, outcome);

        string Tokenize(string json)
        {
            folder.Write("tokenizer_config.json", json);
            return string.Join(' ', folder.Load().Tokenize("The cat's photo in 10 words!").Ids);
        }
    }

    [Theory]
    [InlineData("normalizer", "null", "refused")]
    [InlineData("normalizer", "{\"type\":\"NFC\"}", "refused")]
    [InlineData("normalizer", "{\"type\":\"Lowercase\"}", "ignored")]
    [InlineData("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"}]}", "refused")]
    [InlineData("normalizer", "{\"type\":\"BertNormalizer\",\"lowercase\":true}", "refused")]
    [InlineData("pre_tokenizer", "{\"type\":\"Whitespace\"}", "refused")]
    [InlineData("pre_tokenizer", "{\"type\":\"ByteLevel\",\"add_prefix_space\":true}", "refused")]
    [InlineData("model.dropout", "null", "ignored")]
    [InlineData("model.dropout", "0.1", "refused")]
    [InlineData("model.ignore_merges", "true", "refused")]
    [InlineData("model.continuing_subword_prefix", "\"\"", "ignored")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "refused")]
    [InlineData("truncation", "{\"max_length\":4}", "ignored")]
    [InlineData("added_tokens", "[{\"id\":526,\"content\":\"<cat-toy>\"}]", "refused")]
    public void TokenizerJson(string key, string value, string outcome)
    {
        using var folder = VocabularyFolder.Written();
        folder.WriteTokenizer(folder.Merges);
        var whole = File.ReadAllText(Path.Combine(folder.Path, VocabularyReader.TokenizerFile));
        Check(Tokenize(whole), Tokenize, whole, key, value, outcome);

        string Tokenize(string json)
        {
            folder.Write(VocabularyReader.TokenizerFile, json);
            return string.Join(' ', folder.Load().Tokenize("The cat's photo in 10 words!").Ids);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static void Check(
        string baseline, Func<string, string> read, string json, string key, string value, string outcome)
    {
        var changed = JsonEdit.Set(json, key, value);
        if (outcome == "refused")
        {
            var error = Assert.Throws<ClipException>(() => read(changed));
            Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
            Assert.Contains(key.Split('.')[^1], error.Message);
            return;
        }

        Assert.Equal(outcome == "ignored", read(changed) == baseline);
    }

    /// <summary>All that decides the numbers.</summary>
    private static string Describe(ClipConfig config) =>
        $"{config} {string.Join(' ', config.Mean)} {string.Join(' ', config.StandardDeviation)}";
}
