using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Configuration;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class OpenClipConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_OnlyTheDimensions_HasOpenClipsDefaults()
    {
        var config = Read("""{"model_cfg":{"embed_dim":512,"vision_cfg":{},"text_cfg":{}}}""");

        Assert.Equal(new TowerConfig(12, 768, 12, 3072), config.Vision);
        Assert.Equal(new TowerConfig(12, 512, 8, 2048), config.Text);
        Assert.Equal(
            (16, 77, 49408, 512),
            (config.PatchSize, config.ContextLength, config.VocabularySize, config.EmbeddingDimensions));
        Assert.Equal(new ImageTransform(224, CropRounding.HalfEven), config.Image);
        Assert.Equal(Activation.Gelu, config.Activation);
        Assert.Equal(1e-5f, config.LayerNormEpsilon);
        Assert.Equal([0.48145466f, 0.4578275f, 0.40821073f], config.Mean);
        Assert.Equal([0.26862954f, 0.26130258f, 0.27577711f], config.StandardDeviation);
    }

    [Theory]
    [InlineData("vit_base_patch16_clip_224.openai", true)]
    [InlineData("ViT-B-16__openai", true)]
    [InlineData("ViT-H-14-378-quickgelu__dfn5b", true)]
    [InlineData("ViT-B-32-quickgelu", true)]
    [InlineData(
        "models--timm--vit_base_patch16_clip_224.openai/snapshots/1111111111111111111111111111111111111111", true)]
    [InlineData("models--openai--clip-vit-base-patch16/snapshots/1111111111111111111111111111111111111111", true)]
    [InlineData(
        "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K/snapshots/1111111111111111111111111111111111111111", false)]
    [InlineData(
        "models--timm--vit_base_patch16_clip_224.laion2b/snapshots/1111111111111111111111111111111111111111", false)]
    [InlineData("openai-or-not", false)]
    [InlineData("openai.laion", false)]
    public void Read_NoWordOnQuickGelu_IsToldByTheModelsName(string name, bool quickGelu)
    {
        var expected = quickGelu ? Activation.QuickGelu : Activation.Gelu;
        const string silent = """{"model_cfg":{"embed_dim":512,"vision_cfg":{},"text_cfg":{}}}""";
        Assert.Equal(expected, ReadActivation(silent));

        // What the configuration says counts, whatever the name.
        foreach (var says in new[] { true, false })
        {
            var json = JsonEdit.Set(silent, "model_cfg.quick_gelu", says ? "true" : "false");
            Assert.Equal(says ? Activation.QuickGelu : Activation.Gelu, ReadActivation(json));
        }

        Activation ReadActivation(string json)
        {
            var path = _folder.Write($"{name}/{OpenClipConfig.FileName}", json);
            return OpenClipConfig.Read(Path.GetDirectoryName(path)!).Activation;
        }
    }

    [Fact]
    public void Read_Variations_AreUnderstood()
    {
        var config = Read("""
            {"model_cfg":{"embed_dim":1024,"quick_gelu":true,"init_logit_bias":null,"custom_text":false,
              "cast_dtype":"bf16",
              "vision_cfg":{"image_size":[336,336],"layers":32,"width":1280,"head_width":80,"patch_size":14,
                "mlp_ratio":4.9231,"patch_dropout":0.5,"attentional_pool":false,"pool_type":"tok",
                "timm_model_name":null},
              "text_cfg":{"context_length":64,"vocab_size":1000,"width":1024,"heads":16,"layers":24,
                "no_causal_mask":false}},
             "preprocess_cfg":{"size":336,"mode":"RGB","interpolation":"bicubic","resize_mode":"shortest",
               "fill_color":0,"mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}}
            """);

        Assert.Equal(new TowerConfig(32, 1280, 16, 6301), config.Vision);
        Assert.Equal(new TowerConfig(24, 1024, 16, 4096), config.Text);
        Assert.Equal(Activation.QuickGelu, config.Activation);
        Assert.Equal(336, config.Image.Size);
        Assert.Equal(576, config.Patches);
        Assert.Equal([0.5f, 0.5f, 0.5f], config.Mean);
    }

    [Theory]
    [InlineData("model_cfg.embed_dim", "null", "'model_cfg.embed_dim' is missing")]
    [InlineData("model_cfg.embed_dim", "0", "'model_cfg.embed_dim' must be an integer from 1")]
    [InlineData("model_cfg.embed_dim", "12.5", "'model_cfg.embed_dim' must be an integer")]
    [InlineData("model_cfg.embed_dim", "99999999999", "'model_cfg.embed_dim' must be an integer")]
    [InlineData("model_cfg.embed_dim", "\"12\"", "'model_cfg.embed_dim' must be an integer")]
    [InlineData("model_cfg", "3", "'model_cfg' must be an object")]
    [InlineData("model_cfg.quick_gelu", "1", "'model_cfg.quick_gelu' must be true or false")]
    [InlineData("model_cfg.custom_text", "true", "'model_cfg.custom_text' is not a known setting (value: 'true')")]
    [InlineData(
        "model_cfg.init_logit_bias", "-10",
        "'model_cfg.init_logit_bias' is not a known setting (value: '-10')")]
    [InlineData("model_cfg.multimodal_cfg", "{}", "'model_cfg.multimodal_cfg' is not a known setting (value: '{}')")]
    [InlineData(
        "model_cfg.vision_cfg.timm_model_name",
        "\"convnext_base\"",
        "'convnext_base': image towers of timm are not supported")]
    [InlineData("model_cfg.vision_cfg.layers", "[3,4,6,3]", "ResNet image towers are not supported")]
    [InlineData("model_cfg.vision_cfg.layers", "0", "'model_cfg.vision_cfg.layers' must be an integer from 1")]
    [InlineData("model_cfg.vision_cfg.layers", "1000000", "'model_cfg.vision_cfg.layers' must be an integer from 1")]
    [InlineData(
        "model_cfg.vision_cfg.head_width", "24", "'model_cfg.vision_cfg.head_width' 24 does not divide the width 32")]
    [InlineData("model_cfg.vision_cfg.patch_size", "3", "patch size 3 does not divide the image size 8")]
    [InlineData("model_cfg.vision_cfg.patch_size", "16", "patch size 16 does not divide the image size 8")]
    [InlineData("model_cfg.vision_cfg.image_size", "[8,16]", "must be the side of a square")]
    [InlineData("model_cfg.vision_cfg.mlp_ratio", "-1", "'model_cfg.vision_cfg.mlp_ratio' must be a number")]
    [InlineData(
        "model_cfg.vision_cfg.attentional_pool", "true",
        "'model_cfg.vision_cfg.attentional_pool' is not a known setting (value: 'true')")]
    [InlineData(
        "model_cfg.vision_cfg.no_ln_pre", "true",
        "'model_cfg.vision_cfg.no_ln_pre' is not a known setting (value: 'true')")]
    [InlineData(
        "model_cfg.vision_cfg.pool_type",
        "\"avg\"",
        "'model_cfg.vision_cfg.pool_type' is '\"avg\"', which is not supported")]
    [InlineData("model_cfg.vision_cfg.global_average_pool", "true", "'model_cfg.vision_cfg.global_average_pool'")]
    [InlineData(
        "model_cfg.vision_cfg.ls_init_value", "0.1",
        "'model_cfg.vision_cfg.ls_init_value' is not a known setting (value: '0.1')")]
    [InlineData("model_cfg.text_cfg.heads", "3", "text tower's width 16 does not divide into 3 heads")]
    [InlineData(
        "model_cfg.text_cfg.hf_model_name",
        "\"roberta-base\"",
        "'model_cfg.text_cfg.hf_model_name' is not a known setting (value: '\"roberta-base\"')")]
    [InlineData("model_cfg.text_cfg.no_causal_mask", "true", "'model_cfg.text_cfg.no_causal_mask'")]
    [InlineData("model_cfg.text_cfg.pool_type", "\"last\"", "'model_cfg.text_cfg.pool_type'")]
    [InlineData(
        "model_cfg.text_cfg.context_length", "1", "'model_cfg.text_cfg.context_length' must be an integer from 2")]
    [InlineData("preprocess_cfg.resize_mode", "\"longest\"", "'preprocess_cfg.resize_mode' is 'longest'")]
    [InlineData("preprocess_cfg.interpolation", "\"nearest\"", "'preprocess_cfg.interpolation' is 'nearest'")]
    [InlineData("preprocess_cfg.mode", "\"L\"", "'preprocess_cfg.mode'")]
    [InlineData("preprocess_cfg.size", "9", "'preprocess_cfg.size' is 9, but the model's image size is 8")]
    [InlineData("preprocess_cfg.std", "[0,1,1]", "'preprocess_cfg.std' must be three numbers")]
    [InlineData("preprocess_cfg.mean", "[0.5,0.5]", "'preprocess_cfg.mean' must be three numbers")]
    [InlineData("preprocess_cfg.mean", "[0.5,0.5,\"x\"]", "'preprocess_cfg.mean' must be three numbers")]
    public void Read_WrongValue_IsNamed(string key, string value, string message)
    {
        var json = JsonEdit.Set(TinyCheckpoint.OpenClipJson, key, value);

        var error = Assert.Throws<ClipException>(() => Read(json));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.StartsWith("open_clip_config.json: ", error.Message);
        Assert.Contains(message, System.Text.RegularExpressions.Regex.Unescape(error.Message));
    }

    [Fact]
    public void Read_SeveralMistakes_NamesAllOfThem()
    {
        const string json = """{"model_cfg":{"embed_dim":-1,"vision_cfg":{"width":"wide"},"text_cfg":{"layers":0}}}""";
        var message = Assert.Throws<ClipException>(() => Read(json)).Message;

        Assert.Contains("embed_dim", message);
        Assert.Contains("vision_cfg.width", message);
        Assert.Contains("text_cfg.layers", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"model_cfg\":{},\"model_cfg\":{}}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}")]
    public void Read_NotAConfiguration_IsRefused(string json) =>
        Assert.StartsWith(
            "open_clip_config.json: the file is not", Assert.Throws<ClipException>(() => Read(json)).Message);

    [Fact]
    public void Read_HugeFile_IsRefused() =>
        Assert.Contains("are accepted", Assert.Throws<ClipException>(() => Read(new string(' ', 2 << 20))).Message);

    public void Dispose() => _folder.Dispose();

    private ClipConfig Read(string json)
    {
        _folder.Write(OpenClipConfig.FileName, json);
        return OpenClipConfig.Read(_folder.Path);
    }
}
