using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Models;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ConvertCommandTests : IDisposable
{
    private static readonly string DemoFolder = Path.Combine(AppContext.BaseDirectory, "models", "demo");

    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.PathOf("out");

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 120_000)]
    [InlineData("fp32")]
    [InlineData("int8")]
    public async Task Convert_DemoModel_GivesTheServersEmbeddingsInASessionOfItsOwn(string precision)
    {
        var run = await CliRun.RunAsync("convert", "demo", "--out", Output, "--precision", precision);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var checkpoint = ClipCheckpoint.Open(DemoFolder);

        // One thread runs a batch as a whole, as the session below: int8 rounds by all that runs together.
        var options = new InferenceOptions
        {
            IntraOpThreads = 1,
            Precision = Enum.Parse<Precision>(precision, ignoreCase: true),
        };
        CheckImages(checkpoint, options);
        CheckTexts(checkpoint, options);
    }

    [Fact(Timeout = 120_000)]
    public async Task Convert_HalfPrecisionTransformersCheckpoint_GivesTheServersEmbeddings()
    {
        using var source = new TemporaryFolder();
        TinyCheckpoint.WriteTransformersConfig(source);
        source.Write("model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.Transformers(TensorType.Float16)));

        var run = await CliRun.RunAsync("convert", source.Path, "--out", Output);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var checkpoint = ClipCheckpoint.Open(source.Path);
        var size = checkpoint.Config.Image.Size;
        var pixels = Pixels(size, 2);
        using var encoder = TestEncoders.CreateImage(checkpoint.Config, checkpoint.Weights, new InferenceOptions(), 2);
        ReadOnlyMemory<byte>[] images = [.. pixels.Chunk(pixels.Length / 2)];
        Close(EncoderAssert.Run(encoder, images).Embeddings, RunImages(pixels, 2, size));
    }

    [Fact(Timeout = 120_000)]
    public async Task Convert_DemoModel_WritesWhatAnotherProgramNeeds()
    {
        var run = await CliRun.RunAsync("convert", "demo", "--out", Output);

        Assert.Equal(
            ["README.md", "merges.txt", "open_clip_config.json", "special_tokens_map.json", "text_model.onnx",
                "text_model.onnx.data", "tokenizer_config.json", "vision_model.onnx", "vision_model.onnx.data",
                "vocab.json"],
            Directory.GetFiles(Output).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
        Assert.Equal(2, run.OutLines.Length);
        var readme = await File.ReadAllTextAsync(Path.Combine(Output, "README.md"));
        Assert.All(
            ["`pixels` | uint8 | [n, 96, 96, 3]", "`ids` | int32 | [n, length]", "`end` | int32 | [n]",
                "`embedding` | float32 | [n, 128]", "`MultiHeadAttention`", "| logit scale |"],
            part => Assert.Contains(part, readme));
        Assert.DoesNotContain("VNNI", readme);
    }

    [Fact(Timeout = 60_000)]
    public async Task Convert_UnknownSource_IsWrongUse()
    {
        var run = await CliRun.RunAsync("convert", "no such model", "--out", Output);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("clip: There is no model", run.Error);
        Assert.False(Directory.Exists(Output));
    }

    [Fact(Timeout = 60_000)]
    public async Task Convert_IntoItsOwnFolder_IsWrongUse()
    {
        var run = await CliRun.RunAsync("convert", DemoFolder, "--out", DemoFolder);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("is the model's own folder", run.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Convert_OutputIsAFile_Fails()
    {
        var run = await CliRun.RunAsync("convert", "demo", "--out", _folder.Write("file", "x"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be written", run.Error);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("convert", "demo")]
    [InlineData("convert", "--out", "x")]
    [InlineData("convert", "demo", "--out", "x", "--precision", "fp64")]
    public async Task Convert_WrongUse_Is2(params string[] args)
    {
        var run = await CliRun.RunAsync(args);

        Assert.Equal(2, run.ExitCode);
        Assert.NotEqual("", run.Error);
    }

    private void CheckImages(ClipCheckpoint checkpoint, InferenceOptions options)
    {
        var preprocessor = new ImagePreprocessor(checkpoint.Config.Image, new ImageLimits());
        var pixels = Pixels(checkpoint.Config.Image.Size, 3);
        ReadOnlyMemory<byte>[] images = [.. pixels.Chunk(preprocessor.OutputLength)];
        using var encoder = TestEncoders.CreateImage(checkpoint.Config, checkpoint.Weights, options, 3);

        Close(EncoderAssert.Run(encoder, images).Embeddings, RunImages(pixels, 3, checkpoint.Config.Image.Size));
    }

    private void CheckTexts(ClipCheckpoint checkpoint, InferenceOptions options)
    {
        var config = checkpoint.Config;
        var tokenizer = ClipTokenizer.Load(Output, config.ContextLength, config.VocabularySize);
        int[][] tokens =
            [.. new[] { "a photo of a cat", "rocket", "a cup" }.Select(text => tokenizer.Tokenize(text).Ids.ToArray())];
        var length = tokens.Max(ids => ids.Length);
        int[] ids = [.. tokens.SelectMany(text => text.Concat(Enumerable.Repeat(0, length - text.Length)))];
        int[] ends = [.. tokens.Select(text => text.Length - 1)];
        using var encoder = TestEncoders.CreateText(config, checkpoint.Weights, options, 3);
        ReadOnlyMemory<int>[] texts = [.. tokens];

        using var session = new InferenceSession(Path.Combine(Output, "text_model.onnx"));
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [3, length]);
        using var endValue = OrtValue.CreateTensorValueFromMemory(ends, [3]);
        // Padding is part of what int8 takes its scale from, so lengths may differ a little there.
        Close(
            EncoderAssert.Run(encoder, texts).Embeddings, Run(session, ["ids", "end"], [idValue, endValue]),
            options.Precision == Precision.Int8 ? 0.02 : 1e-5);
    }

    private float[][] RunImages(byte[] pixels, int count, int size)
    {
        using var session = new InferenceSession(Path.Combine(Output, "vision_model.onnx"));
        using var value = OrtValue.CreateTensorValueFromMemory(pixels, [count, size, size, 3]);
        return Run(session, ["pixels"], [value]);
    }

    private static float[][] Run(InferenceSession session, string[] names, OrtValue[] values)
    {
        using var options = new RunOptions();
        using var outputs = session.Run(options, names, values, ["embedding", "norm"]);
        var dimensions = (int)outputs[0].GetTensorTypeAndShape().Shape[1];
        Assert.All(outputs[1].GetTensorDataAsSpan<float>().ToArray(), norm => Assert.True(norm > 0));
        return [.. outputs[0].GetTensorDataAsSpan<float>().ToArray().Chunk(dimensions)];
    }

    private static byte[] Pixels(int size, int count)
    {
        var pixels = new byte[count * size * size * 3];
        new Random(7).NextBytes(pixels);
        return pixels;
    }

    private static void Close(float[][] expected, float[][] actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (one, other) in expected.Zip(actual))
            EncoderAssert.Close(one, other, tolerance);
    }
}
