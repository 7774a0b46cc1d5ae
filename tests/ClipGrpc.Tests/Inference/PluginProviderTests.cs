using System.Numerics.Tensors;
using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Tests.Inference;

/// <summary>Towers on a real plug-in execution provider, against the references and the runtime's kernels.</summary>
[Collection(FullSizeModels.Collection)]
public sealed class PluginProviderTests
{
    private const string FullSize = "laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K";
    private const double LeastFp32 = 0.999999;
    private const double LeastReduced = 0.9995;

    [Theory]
    [InlineData("synthetic--tiny-gelu", "Fp32", LeastFp32)]
    [InlineData("synthetic--tiny-quickgelu", "Fp32", LeastFp32)]
    [InlineData(FullSize, "Fp32", LeastFp32)]
    [InlineData("synthetic--tiny-gelu", "Bf16", LeastReduced)]
    [InlineData("synthetic--tiny-quickgelu", "Bf16", LeastReduced)]
    [InlineData(FullSize, "Bf16", LeastReduced)]
    [InlineData("openai--clip-vit-base-patch16", "Bf16", LeastReduced)]
    [InlineData(FullSize, "Fp16", LeastReduced)]
    public void Encode_GoldenModelOnOpenVino_HasCosineWithPyTorch(string name, string precision, double least)
    {
        var options = OpenVinoPlugin.Options(Enum.Parse<Precision>(precision));
        OpenVinoPlugin.SkipUnlessHas(options.Precision);
        var golden = GoldenModel.Load(name);
        var weights = new SyntheticWeights(golden.Model, golden.Config);
        using (var encoder = TestEncoders.CreateText(golden.Config, weights, options))
        {
            ReadOnlyMemory<int>[] texts = [.. golden.TokenIds.Select(ids => (ReadOnlyMemory<int>)ids)];
            Check(golden.TextEmbeddings, EncoderAssert.Run(encoder, texts).Embeddings, least);
        }

        // The crops are those of the full-size models.
        if (name.StartsWith("synthetic--", StringComparison.Ordinal))
            return;
        ReadOnlyMemory<byte>[] images = [.. golden.CropFiles.Select(GoldenModelTests.ReadRgb)];
        using var imageEncoder = TestEncoders.CreateImage(golden.Config, weights, options);
        Check(golden.ImageEmbeddings, EncoderAssert.Run(imageEncoder, images).Embeddings, least);
    }

    /// <summary>What is left to the plug-in is computed in bf16 where the processor has it.</summary>
    [Fact]
    public void Encode_Fp32OnOpenVino_EqualsTheRuntimesOwnKernels()
    {
        var config = TestConfigs.Create();
        var weights = new SyntheticWeights("plugin", config);
        ReadOnlyMemory<int>[] texts =
            [.. Enumerable.Range(3, config.ContextLength - 2).Select(n => TestConfigs.Text(config, n, n))];
        using var expected = TestEncoders.CreateText(config, weights);
        using var actual = TestEncoders.CreateText(config, weights, OpenVinoPlugin.Options(Precision.Fp32));
        var reference = EncoderAssert.Run(expected, texts).Embeddings;
        var embeddings = EncoderAssert.Run(actual, texts).Embeddings;
        for (var i = 0; i < texts.Length; i++)
            EncoderAssert.Close(reference[i], embeddings[i], 1e-5);
    }

    /// <summary>A shape that comes back reads its new inputs, not those that it was first run with.</summary>
    [Fact]
    public void Encode_ShapesThatComeBack_ReadTheirInputs()
    {
        var config = TestConfigs.Create();
        var weights = new SyntheticWeights("plugin", config);
        var options = OpenVinoPlugin.Options(Precision.Fp32);
        using var expectedImages = TestEncoders.CreateImage(config, weights);
        using var images = TestEncoders.CreateImage(config, weights, options);
        using var expectedTexts = TestEncoders.CreateText(config, weights);
        using var texts = TestEncoders.CreateText(config, weights, options);
        var seed = 0;
        foreach (var count in new[] { 1, 1, 4, 1, 4, 2, 1 })
        {
            var items = Enumerable.Range(0, count).ToList();
            ReadOnlyMemory<byte>[] pixels = [.. items.Select(_ => TestConfigs.Image(config, ++seed))];
            ReadOnlyMemory<int>[] ids = [.. items.Select(_ => TestConfigs.Text(config, 7, ++seed))];
            (var expectedImage, var expectedImageNorms) = EncoderAssert.Run(expectedImages, pixels);
            (var image, var imageNorms) = EncoderAssert.Run(images, pixels);
            (var expectedText, _) = EncoderAssert.Run(expectedTexts, ids);
            (var text, _) = EncoderAssert.Run(texts, ids);
            for (var i = 0; i < count; i++)
            {
                EncoderAssert.Close(expectedImage[i], image[i], 1e-5);
                EncoderAssert.Close(expectedText[i], text[i], 1e-5);
                Assert.Equal(expectedImageNorms[i], imageNorms[i], 1e-3);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void Encode_Bf16OnOpenVino_IsCloseForEveryLengthAndBatch(int batch)
    {
        var options = OpenVinoPlugin.Options(Precision.Bf16);
        OpenVinoPlugin.SkipUnlessHas(Precision.Bf16);
        var golden = GoldenModel.Load(FullSize);
        var weights = new SyntheticWeights(golden.Model, golden.Config);
        using var expected = TestEncoders.CreateText(golden.Config, weights, maxBatchSize: batch);
        using var actual = TestEncoders.CreateText(golden.Config, weights, options, batch);
        foreach (var length in new[] { 3, 4, 8, 9, 16, 31, 32, 76, 77 })
        {
            ReadOnlyMemory<int>[] texts =
                [.. Enumerable.Range(0, batch).Select(i => TestConfigs.Text(golden.Config, length, i))];
            Check(EncoderAssert.Run(expected, texts).Embeddings, EncoderAssert.Run(actual, texts).Embeddings,
                LeastReduced);
        }

        using var expectedImages = TestEncoders.CreateImage(golden.Config, weights, maxBatchSize: batch);
        using var actualImages = TestEncoders.CreateImage(golden.Config, weights, options, batch);
        ReadOnlyMemory<byte>[] images =
            [.. Enumerable.Range(0, batch).Select(i => TestConfigs.Image(golden.Config, i))];
        Check(EncoderAssert.Run(expectedImages, images).Embeddings, EncoderAssert.Run(actualImages, images).Embeddings,
            LeastReduced);
    }

    [Fact]
    public void Create_Bf16WhereTheDeviceDoesNotListIt_SaysWhatItLists()
    {
        var options = OpenVinoPlugin.Options(Precision.Bf16);
        Assert.SkipWhen(OpenVinoPlugin.Has(Precision.Bf16), "OpenVINO lists bf16 for this processor.");
        Assert.Contains("does not support it, only ", Refused(options), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Bf16OnTheCpusOwnKernels_IsRefusedUnlessTheProcessorHasIt()
    {
        Assert.SkipWhen(ProcessorFeatures.HasArmBf16, "This processor has bf16 kernels of the runtime.");
        var message = Refused(new InferenceOptions { Precision = Precision.Bf16 });
        Assert.Contains("bf16 is not available on the device cpu", message, StringComparison.Ordinal);
        Assert.Contains(ProcessorFeatures.Describe(), message, StringComparison.Ordinal);
        Assert.Contains("--provider", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bf16")]
    [InlineData("Int8")]
    public void Create_PrecisionThatCudaDoesNotHave_IsRefused(string precision) => Assert.Contains(
        "cuda:0",
        Refused(new InferenceOptions { Device = DeviceSpec.Cuda, Precision = Enum.Parse<Precision>(precision) }),
        StringComparison.Ordinal);

    [Fact]
    public void Create_Int8OnAPlugin_IsRefused() => Assert.Contains(
        "int8 is not available on the device openvino:cpu:0", Refused(OpenVinoPlugin.Options(Precision.Int8)),
        StringComparison.Ordinal);

    [Fact]
    public void Create_UnknownOption_IsRefusedByItsName() => Assert.Contains(
        "NUM_STREEMS", Refused(OpenVinoPlugin.Options(Precision.Fp32, ("NUM_STREEMS", "1"))),
        StringComparison.Ordinal);

    [Fact]
    public void Create_OptionThatASettingDecides_NamesTheSetting() => Assert.Contains(
        "--precision sets it",
        Refused(OpenVinoPlugin.Options(Precision.Fp32, ("INFERENCE_PRECISION_HINT", "bf16"))),
        StringComparison.Ordinal);

    [Fact]
    public void Create_KnownOption_IsTaken()
    {
        var config = TestConfigs.Create();
        using var encoder = TestEncoders.CreateText(
            config, new SyntheticWeights("plugin", config),
            OpenVinoPlugin.Options(Precision.Fp32, ("NUM_STREAMS", "1")));
        Assert.Equal("OpenVINO", encoder.Provider);
    }

    [Theory]
    [InlineData("openvino:gpu")]
    [InlineData("openvino:npu")]
    [InlineData("openvino:cpu:1")]
    public void Resolve_DeviceThatTheMachineDoesNotHave_SaysWhatThereIs(string device)
    {
        var options = OpenVinoPlugin.Options(Precision.Fp32);
        Assert.True(DeviceSpec.TryParse(device, out var spec));
        options.Device = spec;
        Assert.SkipWhen(
            PluginProviders.Load(OpenVinoPlugin.Name, OpenVinoPlugin.Library, telemetry: false)
                .Count(found => found.HardwareDevice.Type == spec.Hardware) > spec.Index,
            $"This machine has {device}.");
        Assert.Contains("Its devices: cpu (", Refused(options), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_PluginWithoutDevice_NamesTheProcessor()
    {
        Assert.SkipWhen(OpenVinoPlugin.IsIntel, "OpenVINO's plug-in has a device for this processor.");
        var message = Refused(WithLibrary(OpenVinoPlugin.Name, OpenVinoPlugin.Path));
        Assert.Contains(
            $"{OpenVinoPlugin.Path} has no device on this machine (processor: {ProcessorFeatures.Model})", message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_ProviderWithoutLibrary_SaysWhichThereAre() => Assert.Contains(
        "the provider nix is not configured. Providers: none. Set its library with --provider nix=PATH.",
        Refused(new InferenceOptions { Device = DeviceSpec.OfPlugin("nix") }), StringComparison.Ordinal);

    [Fact]
    public void Resolve_NoSuchFile_NamesIt() => Assert.Contains(
        "the file /nowhere/plugin.so does not exist", Refused(WithLibrary("gone", "/nowhere/plugin.so")),
        StringComparison.Ordinal);

    [Fact]
    public void Resolve_FileThatIsNoProvider_SaysWhatTheRuntimeFound()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "plugin.so");
        File.WriteAllText(path, "not a library");
        var message = Refused(WithLibrary("text", path));
        Assert.Contains($"{path} is not an execution provider", message, StringComparison.Ordinal);
        Assert.Contains("The runtime reports: ", message, StringComparison.Ordinal);

        // Once it is one, it is taken.
        File.Delete(path);
        File.CreateSymbolicLink(path, OpenVinoPlugin.Library);
        Assert.Equal("text:cpu:0", ExecutionDevice.Resolve(WithLibrary("text", path)).Name);
    }

    [Fact]
    public void Resolve_OtherLibraryOfTheSameName_IsRefused()
    {
        _ = ExecutionDevice.Resolve(OpenVinoPlugin.Options(Precision.Fp32));
        Assert.Contains(
            "has loaded it from", Refused(WithLibrary(OpenVinoPlugin.Name, "/other/plugin.so")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Again_RegistersNothing()
    {
        var first = PluginProviders.Load(OpenVinoPlugin.Name, OpenVinoPlugin.Library, telemetry: false);
        var known = OrtEnv.Instance().GetEpDevices().Count;
        Assert.Same(first, PluginProviders.Load(OpenVinoPlugin.Name, OpenVinoPlugin.Library, telemetry: false));
        Assert.Equal(known, OrtEnv.Instance().GetEpDevices().Count);
    }

    [Fact]
    public void Create_ManyTimes_EachComputesTheSame()
    {
        var config = TestConfigs.Create();
        var weights = new SyntheticWeights("plugin", config);
        var options = OpenVinoPlugin.Options(Precision.Fp32);
        float[]? first = null;
        for (var i = 0; i < 20; i++)
        {
            using var encoder = TestEncoders.CreateImage(config, weights, options);
            var embedding = EncoderAssert.Run(encoder, TestConfigs.Image(config, 1)).Embeddings[0];
            Assert.Equal(first ??= embedding, embedding);
        }
    }

    [Fact]
    public async Task Encode_TwoEncodersOfOneSession_RunAtOnce()
    {
        var config = TestConfigs.Create();
        var options = OpenVinoPlugin.Options(Precision.Fp32);
        var session = ClipEncoders.LoadText(config, new SyntheticWeights("plugin", config), options);
        Assert.True(session.TryShare(options));
        using var one = new OnnxTextEncoder(config, session, options, 4);
        using var other = new OnnxTextEncoder(config, session, options, 4);
        var text = TestConfigs.Text(config, 9, 1);
        var expected = EncoderAssert.Run(one, text).Embeddings[0];

        Task Repeat(OnnxTextEncoder encoder) => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
                EncoderAssert.Close(expected, EncoderAssert.Run(encoder, text).Embeddings[0], 1e-6);
        });
        await Task.WhenAll(Repeat(one), Repeat(other)).WaitAsync(
            TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private static InferenceOptions WithLibrary(string name, string path) => new()
    {
        Device = DeviceSpec.OfPlugin(name),
        Providers = new Dictionary<string, string> { [name] = path },
    };

    private static string Refused(InferenceOptions options)
    {
        var config = TestConfigs.Create();
        var error = Assert.Throws<ClipException>(
            () => TestEncoders.CreateText(config, new SyntheticWeights("plugin", config), options));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        return error.Message;
    }

    private static void Check(float[][] expected, float[][] actual, double least)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var cosine = TensorPrimitives.CosineSimilarity(expected[i], actual[i]);
            Assert.True(cosine >= least, $"The cosine of {i} is {cosine}.");
        }
    }
}
