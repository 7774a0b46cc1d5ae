using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Configuration;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class TransformersConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_EmptyFiles_HasTheDefaultsOfClipConfig()
    {
        var config = Read("{}", "{}");

        Assert.Equal(new TowerConfig(12, 768, 12, 3072), config.Vision);
        Assert.Equal(new TowerConfig(12, 512, 8, 2048), config.Text);
        Assert.Equal(
            (32, 77, 49408, 512),
            (config.PatchSize, config.ContextLength, config.VocabularySize, config.EmbeddingDimensions));
        Assert.Equal(new ImageTransform(224, CropRounding.Floor), config.Image);
        Assert.Equal(Activation.QuickGelu, config.Activation);
        Assert.Equal(1e-5f, config.LayerNormEpsilon);
        Assert.Equal([0.48145466f, 0.4578275f, 0.40821073f], config.Mean);
    }

    [Fact]
    public void Read_DictionaryOfAnOldFile_CountsAlone()
    {
        var config = Read(
            """
            {"projection_dim":768,
             "text_config":{"hidden_size":1,"num_hidden_layers":5},
             "text_config_dict":{"hidden_size":768,"intermediate_size":3072,"num_attention_heads":12},
             "vision_config":{"patch_size":14,"hidden_size":1024,"num_attention_heads":16,"intermediate_size":4096,
               "num_hidden_layers":24},
             "vision_config_dict":null}
            """,
            """{"size":224,"crop_size":224}""");

        Assert.Equal(new TowerConfig(12, 768, 12, 3072), config.Text);
        Assert.Equal(new TowerConfig(24, 1024, 16, 4096), config.Vision);
        Assert.Equal(14, config.PatchSize);
    }

    [Fact]
    public void Read_LaterForms_AreUnderstood()
    {
        var config = Read(
            """
            {"model_type":"clip",
             "text_config":{"hidden_act":"gelu","layer_norm_eps":1e-6},
             "vision_config":{"image_size":336,"patch_size":14,"hidden_act":"gelu","layer_norm_eps":1e-6}}
            """,
            """
            {"size":{"shortest_edge":336},"crop_size":{"height":336,"width":336},"rescale_factor":0.00392156862745098,
             "resample":3,"image_mean":[0.1,0.2,0.3],"image_std":[1,1,1]}
            """);

        Assert.Equal(Activation.Gelu, config.Activation);
        Assert.Equal(1e-6f, config.LayerNormEpsilon);
        Assert.Equal(336, config.Image.Size);
        Assert.Equal([0.1f, 0.2f, 0.3f], config.Mean);
    }

    [Theory]
    [InlineData("model_type", "\"siglip\"", "'model_type' is 'siglip'")]
    [InlineData("projection_dim", "0", "'projection_dim' must be an integer from 1")]
    [InlineData("text_config", "[]", "'text_config' must be an object")]
    [InlineData("text_config.hidden_act", "\"gelu\"", "'text_config.hidden_act' differs from that of vision_config")]
    [InlineData("vision_config.hidden_act", "\"gelu_new\"", "'vision_config.hidden_act' is 'gelu_new'")]
    [InlineData("text_config.layer_norm_eps", "0.01", "'text_config.layer_norm_eps' differs")]
    [InlineData("text_config.layer_norm_eps", "0", "'text_config.layer_norm_eps' must be a number")]
    [InlineData("vision_config.num_channels", "4", "'vision_config.num_channels' must be 3")]
    [InlineData("vision_config.num_attention_heads", "5", "image tower's width 32 does not divide into 5 heads")]
    [InlineData("vision_config.patch_size", "5", "patch size 5 does not divide the image size 8")]
    [InlineData("text_config.vocab_size", "-1", "'text_config.vocab_size' must be an integer")]
    public void Read_WrongValue_IsNamed(string key, string value, string message)
    {
        var json = JsonEdit.Set(TinyCheckpoint.TransformersJson, key, value);

        var error = Assert.Throws<ClipException>(() => Read(json, TinyCheckpoint.PreprocessorJson));

        Assert.StartsWith("config.json: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData("size", "7", "'size' is 7, less than the model's image size of 8")]
    [InlineData("size", "{\"longest_edge\":8}", "'size.shortest_edge' is missing")]
    [InlineData("size", "{\"height\":8,\"width\":9}", "'size' must have the same height and width")]
    [InlineData("size", "\"8\"", "'size' must be an object")]
    [InlineData("crop_size", "{\"height\":8,\"width\":9}", "'crop_size' must have the same height and width")]
    [InlineData("crop_size", "{\"height\":8}", "'crop_size.width' is missing")]
    [InlineData("crop_size", "7", "'crop_size' is 7, but")]
    [InlineData("resample", "0", "'resample' is 0, nearest neighbour")]
    [InlineData("rescale_factor", "0.5", "'rescale_factor' must be 1/255")]
    [InlineData("do_resize", "false", "'do_resize' is false")]
    [InlineData("do_center_crop", "false", "'do_center_crop' is false")]
    [InlineData("do_normalize", "false", "'do_normalize' is false")]
    [InlineData("do_rescale", "false", "'do_rescale' is false")]
    [InlineData("image_std", "[0.1,0.1,0]", "'image_std' must be three numbers")]
    public void Read_WrongPreparation_IsNamed(string key, string value, string message)
    {
        var json = JsonEdit.Set(TinyCheckpoint.PreprocessorJson, key, value);

        var error = Assert.Throws<ClipException>(() => Read(TinyCheckpoint.TransformersJson, json));

        Assert.StartsWith("preprocessor_config.json: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Read_FilesOfTransformers5_AreUnderstood()
    {
        _folder.Write(TransformersConfig.FileName, TestFile("transformers5-config.json"));
        _folder.Write(TransformersPreprocessing.ProcessorFileName, TestFile("transformers5-processor_config.json"));

        var config = TransformersConfig.Read(_folder.Path);

        Assert.Equal(new ImageTransform(64, CropRounding.Floor), config.Image);
        Assert.Equal(49407, config.EndToken);
        Assert.Equal([0.26862954f, 0.26130258f, 0.27577711f], config.StandardDeviation);
    }

    [Fact]
    public void Read_BothEdgesAndNoCrop_IsSquash()
    {
        var config = Read(TestFile("transformers5-config.json"), TestFile("preprocessor-squash.json"));

        Assert.Equal(new ImageTransform(64, CropRounding.Floor, ResizeMode.Squash), config.Image);
    }

    [Fact]
    public void Read_TwoImageProcessorsThatDiffer_IsRefused()
    {
        _folder.Write(TransformersPreprocessing.ProcessorFileName, TestFile("transformers5-processor_config.json"));

        var error = Assert.Throws<ClipException>(
            () => Read(TestFile("transformers5-config.json"), TestFile("preprocessor-squash.json")));

        Assert.StartsWith("processor_config.json: 'image_processor' prepares images differently", error.Message);
    }

    [Fact]
    public void Read_WrongValueInAProcessorFile_IsNamedWithItsPath()
    {
        var json = JsonEdit.Set(TestFile("transformers5-processor_config.json"), "image_processor.resample", "0");
        _folder.Write(TransformersConfig.FileName, TestFile("transformers5-config.json"));
        _folder.Write(TransformersPreprocessing.ProcessorFileName, json);

        var error = Assert.Throws<ClipException>(() => TransformersConfig.Read(_folder.Path));

        Assert.StartsWith("processor_config.json: ", error.Message);
        Assert.Contains("'image_processor.resample' is 0", error.Message);
    }

    [Fact]
    public void Read_ExportWithSquash_IsSquash()
    {
        _folder.Write("config.json", """{"embed_dim":64,"vision_cfg":{"image_size":64},"text_cfg":{}}""");
        _folder.Write("visual/preprocess_cfg.json", TestFile("immich-layout-preprocess_cfg-squash.json"));

        var config = OpenClipConfig.ReadExport(_folder.Path);

        Assert.Equal(new ImageTransform(64, CropRounding.HalfEven, ResizeMode.Squash), config.Image);
    }

    public void Dispose() => _folder.Dispose();

    private static string TestFile(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "TestData", "configs", name));

    private ClipConfig Read(string model, string preprocessor)
    {
        _folder.Write(TransformersConfig.FileName, model);
        _folder.Write(TransformersPreprocessing.FileName, preprocessor);
        return TransformersConfig.Read(_folder.Path);
    }
}
