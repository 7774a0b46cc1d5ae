using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Inference.PreExported;

/// <summary>Towers that somebody else exported: found, understood, served; or refused with the reason.</summary>
public sealed class PreExportedModelFilesTests : IDisposable
{
    private readonly PreExportedFolder _folder = new();

    [Theory]
    [InlineData(true, false, "n", "length")]
    [InlineData(true, true, "n", "length")]
    [InlineData(false, true, "n", "8")]
    [InlineData(true, true, "1", "length")]
    [InlineData(false, false, "1", "8")]
    public void Open_TransformersLayout_GivesTheTowersEmbeddings(bool wide, bool masked, string batch, string length)
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx", batch: batch, secondOutput: "pooled");
        _folder.WriteText(
            "onnx/text_model.onnx", batch: batch, length: length, wide: wide, masked: masked, secondOutput: "pooled");

        using var files = Open();

        Assert.Equal(100, files.LogitScale);
        Assert.Equal(Path.GetFullPath(_folder.Path), Path.TrimEndingDirectorySeparator(files.TokenizerFolder));
        Assert.Matches("^[0-9a-f]{64}$", files.Identify());
        CheckImages(files, 1e-5);
        CheckTexts(files);
    }

    [Theory]
    [InlineData("n", "8", false)]
    [InlineData("1", "8", false)]
    [InlineData("n", "length", true)]
    public void Open_OpenClipExport_GivesTheTowersEmbeddings(string batch, string length, bool wide)
    {
        _folder.WriteExportConfig();
        _folder.WriteImage("visual/model.onnx", output: "some_name", batch: batch, size: "size");
        _folder.WriteText(
            "textual/model.onnx", output: "other_name", input: "text", batch: batch, length: length, wide: wide);

        using var files = Open();

        Assert.Equal(Path.Combine(_folder.Path, "textual"), files.TokenizerFolder);
        Assert.Equal([0.5f, 0.4f, 0.3f], files.Config.Mean);
        CheckImages(files, 1e-5);
        CheckTexts(files);
    }

    [Fact]
    public void Open_Fp16_TakesTheFilesOfThatPrecision()
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model_fp16.onnx", half: true);
        _folder.WriteText("onnx/text_model_fp16.onnx");

        using var files = Open(Precision.Fp16);

        CheckImages(files, 2e-3);
        CheckTexts(files);
    }

    [Theory]
    [InlineData("Int8", "onnx/vision_model_int8.onnx and onnx/text_model_int8.onnx, or onnx/vision_model_quantized")]
    [InlineData("Fp16", "onnx/vision_model_fp16.onnx and onnx/text_model_fp16.onnx")]
    public void Open_PrecisionWithoutFiles_NamesThem(string precision, string part)
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx");

        var error = Assert.Throws<ClipException>(() => Open(Enum.Parse<Precision>(precision)));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OpenClipExportOfAnotherPrecision_IsRefused()
    {
        _folder.WriteExportConfig();
        _folder.WriteImage("visual/model.onnx");
        _folder.WriteText("textual/model.onnx");

        var error = Assert.Throws<ClipException>(() => Open(Precision.Int8));

        Assert.Contains("fp32 and bf16 only, not int8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OneTowerOnly_NamesBoth()
    {
        _folder.WriteTransformersConfig();
        _folder.WriteText("onnx/text_model.onnx");

        var error = Assert.Throws<ClipException>(() => Open());

        Assert.Contains("onnx/vision_model.onnx and onnx/text_model.onnx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NeitherWeightsNorTowers_IsNotFound()
    {
        _folder.WriteTransformersConfig();

        Assert.Equal(ClipErrorCode.NotFound, Assert.Throws<ClipException>(() => Open()).Code);
    }

    [Theory]
    [InlineData(
        "16", "n", "image_embeds", null, "[n or 1, 3, 8, 8]; this one has pixel_values: Float [?, 3, 16, 16]")]
    [InlineData("8", "4", "image_embeds", null, "this one has pixel_values: Float [4, 3, 8, 8]")]
    [InlineData("8", "n", "first", "second", "Outputs: first: Float [?, 12]; second: Float [?, 12]")]
    public void CreateImage_WrongShapeOrNames_IsRefusedWithWhatThereIs(
        string size, string batch, string output, string? second, string part)
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx", output, batch, size, secondOutput: second);
        _folder.WriteText("onnx/text_model.onnx");
        using var files = Open();

        var error = Assert.Throws<ClipException>(() => files.CreateImageEncoder(new InferenceOptions(), 4));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.StartsWith("vision_model.onnx: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "n")]
    [InlineData("8", "2")]
    public void CreateText_WrongShape_IsRefusedWithWhatThereIs(string length, string batch)
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx", batch: batch, length: length);
        using var files = Open();

        var error = Assert.Throws<ClipException>(() => files.CreateTextEncoder(new InferenceOptions(), 4));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("this one has input_ids: Int64 [", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The hidden states are as wide as the embedding: a vector of the right shape proves nothing.</summary>
    [Theory]
    [InlineData("pooler_output")]
    [InlineData("output")]
    [InlineData("last_hidden_state")]
    public void CreateText_HiddenStateAsWideAsTheEmbedding_IsRefused(string output)
    {
        WriteWidths(PreExportedFolder.Dimensions);
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx", output);
        using var files = Open();

        var error = Assert.Throws<ClipException>(() => files.CreateTextEncoder(new InferenceOptions(), 4));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains($"Outputs: {output}: Float [?, 12]", error.Message, StringComparison.Ordinal);
        Assert.Contains("WithProjection", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text_embeds")]
    [InlineData("sentence_embedding")]
    public void CreateText_NamedEmbeddingAsWideAsTheHiddenStates_IsServed(string output)
    {
        WriteWidths(PreExportedFolder.Dimensions);
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx", output);
        using var files = Open();

        CheckTexts(files);
    }

    /// <summary>The tower ends in a product with a matrix, whatever its output is called.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CreateImage_UnnamedProductAsWideAsTheHiddenStates_IsServed(bool half)
    {
        WriteWidths(PreExportedFolder.Dimensions);
        _folder.WriteImage("onnx/vision_model.onnx", "output", half: half);
        _folder.WriteText("onnx/text_model.onnx");
        using var files = Open();

        CheckImages(files, half ? 2e-3 : 1e-5);
    }

    /// <summary>What follows the first end token would count in this tower, and does not in CLIP.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Encode_EndTokenInsideAText_EndsTheText(bool masked)
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx", masked: masked);
        using var files = Open();
        using var texts = files.CreateTextEncoder(new InferenceOptions(), 2);

        (var embeddings, _) = EncoderAssert.Run(texts, new[] { 62, 5, 63, 9, 63 }, new[] { 62, 5, 63 });

        Assert.Equal(embeddings[1], embeddings[0]);
    }

    [Fact]
    public void CreateText_InputsSwapped_IsRefused()
    {
        _folder.WriteTransformersConfig();
        File.WriteAllText(Path.Combine(_folder.Path, "onnx/text_model.onnx"), "no model");
        _folder.WriteText("onnx/vision_model.onnx");
        using var files = Open();

        Assert.Contains(
            "input_ids",
            Assert.Throws<ClipException>(() => files.CreateImageEncoder(new InferenceOptions(), 1)).Message,
            StringComparison.Ordinal);
        var error = Assert.Throws<ClipException>(() => files.CreateTextEncoder(new InferenceOptions(), 1));
        Assert.StartsWith("text_model.onnx: ONNX Runtime could not load it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_ImageOrTextThatDoesNotFit_IsRefused()
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx");
        using var files = Open();
        using var images = files.CreateImageEncoder(new InferenceOptions(), 2);
        using var texts = files.CreateTextEncoder(new InferenceOptions(), 2);

        Assert.Throws<ClipException>(() => EncoderAssert.Run(images, new byte[191]));
        Assert.Throws<ClipException>(() => EncoderAssert.Run(texts, new[] { 1, 64 }));
        Assert.Throws<ClipException>(() => EncoderAssert.Run(texts, new int[9]));
        Assert.Throws<ArgumentException>(() => EncoderAssert.Run(texts, new int[1], new int[1], new int[1]));
    }

    [Fact]
    public void Identify_TowerChanges_ChangesWithIt()
    {
        _folder.WriteTransformersConfig();
        _folder.WriteImage("onnx/vision_model.onnx");
        _folder.WriteText("onnx/text_model.onnx");
        var first = Identify();
        _folder.WriteText("onnx/text_model.onnx", wide: false);
        var second = Identify();
        File.WriteAllText(Path.Combine(_folder.Path, "onnx/text_model.onnx_data"), "weights");
        var third = Identify();

        Assert.Equal(3, new[] { first, second, third }.Distinct().Count());

        string Identify()
        {
            using var files = Open();
            return files.Identify();
        }
    }

    public void Dispose() => _folder.Dispose();

    private void WriteWidths(int width)
    {
        _folder.WriteTransformersConfig();
        var config = TinyCheckpoint.Config with
        {
            Vision = TinyCheckpoint.Config.Vision with { Width = width },
            Text = TinyCheckpoint.Config.Text with { Width = width },
        };
        File.WriteAllText(Path.Combine(_folder.Path, "config.json"), CheckpointJson.Transformers(config));
    }

    private ModelFiles Open(Precision precision = Precision.Fp32) =>
        TestModels.Open(_folder.Path, precision);

    private void CheckImages(ModelFiles files, double tolerance)
    {
        using var encoder = files.CreateImageEncoder(new InferenceOptions(), 3);
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 3).Select(i => TestConfigs.Image(files.Config, i))];
        (var embeddings, var norms) = EncoderAssert.Run(encoder, images);
        for (var i = 0; i < images.Length; i++)
        {
            (var expected, var norm) = _folder.Image(images[i].Span);
            EncoderAssert.Close(expected, embeddings[i], tolerance);
            Assert.Equal(1, norms[i] / norm, Math.Max(tolerance, 1e-4));
        }
    }

    private void CheckTexts(ModelFiles files)
    {
        using var encoder = files.CreateTextEncoder(new InferenceOptions(), 3);
        ReadOnlyMemory<int>[] texts = [new[] { 62, 5, 63 }, new[] { 62, 1, 2, 3, 4, 5, 6, 63 }, new[] { 62, 63 }];
        (var embeddings, var norms) = EncoderAssert.Run(encoder, texts);
        for (var i = 0; i < texts.Length; i++)
        {
            (var expected, var norm) = _folder.Text(texts[i].Span);
            EncoderAssert.Close(expected, embeddings[i], 1e-5);
            Assert.Equal(1, norms[i] / norm, 1e-4);
        }
    }
}
