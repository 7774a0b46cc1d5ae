using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Files => new()
    {
        { "open_clip_model.safetensors", "Float32" },
        { "open_clip_model.safetensors", "Float16" },
        { "open_clip_model.safetensors", "BFloat16" },
        { "model.safetensors", "Float32" },
        { "open_clip_pytorch_model.bin", "Float32" },
        { "open_clip_pytorch_model.bin", "Float16" },
        { "pytorch_model.bin", "BFloat16" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_OpenClipNames_GivesTheWeights(string file, string type)
    {
        var parsed = Enum.Parse<TensorType>(type);
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        _folder.Write(file, Serialize(file, TinyCheckpoint.OpenClip(parsed)));

        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Equal("OpenCLIP", checkpoint.Layout);
        Assert.Equal(CropRounding.HalfEven, checkpoint.Config.Image.Rounding);
        Assert.Equivalent(TinyCheckpoint.Config, checkpoint.Config, strict: true);
        AssertWeights(checkpoint, parsed);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_TransformersNames_GivesTheWeightsUnderOpenClipNames(string file, string type)
    {
        var parsed = Enum.Parse<TensorType>(type);
        TinyCheckpoint.WriteTransformersConfig(_folder);
        _folder.Write(file, Serialize(file, TinyCheckpoint.Transformers(parsed)));

        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        var expected = TinyCheckpoint.Config with
        {
            Activation = Activation.QuickGelu,
            Image = new ImageTransform(8, CropRounding.Floor),
        };
        Assert.Equal("transformers", checkpoint.Layout);
        Assert.Equivalent(expected, checkpoint.Config, strict: true);
        AssertWeights(checkpoint, parsed);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Get_TensorInTheFile_SaysWhere(string file, string type)
    {
        TinyCheckpoint.WriteTransformersConfig(_folder);
        _folder.Write(file, Serialize(file, TinyCheckpoint.Transformers(Enum.Parse<TensorType>(type))));
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);
        var bytes = File.ReadAllBytes(Path.Combine(_folder.Path, file));

        // Joined of three in this layout, but each is there by itself.
        const string stacked = "transformer.resblocks.0.attn.in_proj_weight";
        Assert.Null(checkpoint.Weights.Get(stacked).Region);
        TensorView[] inPlace =
        [
            checkpoint.Weights.Get("token_embedding.weight"),
            .. Enumerable.Range(0, 3).Select(i => checkpoint.Weights.GetPart(stacked, i, 3)),
        ];
        foreach (var tensor in inPlace)
        {
            var region = Assert.IsType<FileRegion>(tensor.Region);
            Assert.Equal(Path.GetFullPath(Path.Combine(_folder.Path, file)), region.Path);
            Assert.Equal(tensor.Data.ToArray(), bytes[(int)region.Offset..(int)(region.Offset + region.Length)]);
        }

        Assert.Equal(
            checkpoint.Weights.Get(stacked).Data.ToArray(),
            inPlace[1..].SelectMany(part => part.Data.ToArray()).ToArray());
    }

    [Fact]
    public void GetPart_NoSuchParts_IsRefused()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        _folder.Write("open_clip_model.safetensors", Serialize("x.safetensors", TinyCheckpoint.OpenClip()));
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);
        var error = Assert.Throws<ClipException>(() => checkpoint.Weights.GetPart("logit_scale", 0, 3));
        Assert.Contains("'logit_scale'", error.Message);
    }

    [Theory]
    [InlineData("model.safetensors", ".safetensors")]
    [InlineData("pytorch_model.bin", ".bin")]
    public void Open_ShardedWeights_GivesAllOfThem(string name, string extension)
    {
        TinyCheckpoint.WriteTransformersConfig(_folder);
        var tensors = TinyCheckpoint.Transformers();
        var map = new Dictionary<string, string>();
        foreach (var (shard, i) in tensors.Chunk(20).Select((shard, i) => (shard, i)))
        {
            var file = $"part-{i}{extension}";
            _folder.Write(file, Serialize(file, shard));
            foreach (var tensor in shard)
                map.Add(tensor.Name, file);
        }

        _folder.Write(name + ".index.json", System.Text.Json.JsonSerializer.Serialize(new { weight_map = map }));

        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        AssertWeights(checkpoint, TensorType.Float32);
    }

    [Fact]
    public void Open_ManyMistakes_NamesAllTensorsAtOnce()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        var tensors = TinyCheckpoint.OpenClip();
        tensors.RemoveAll(tensor => tensor.Name is "visual.proj" or "ln_final.bias");
        tensors.Add(TestTensor.Of("logit_bias", TensorType.Float32, [], [1]));
        var index = tensors.FindIndex(tensor => tensor.Name == "text_projection");
        tensors[index] = tensors[index] with { Shape = [12, 16] };
        tensors[0] = TestTensor.Of("logit_scale", TensorType.Int64, [], [4]);
        _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(tensors));

        var error = Assert.Throws<ClipException>(() => ClipCheckpoint.Open(_folder.Path));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("missing: visual.proj", error.Message);
        Assert.Contains("missing: ln_final.bias", error.Message);
        Assert.Contains("superfluous: 'logit_bias'", error.Message);
        Assert.Contains("wrong shape: text_projection is [12, 16], expected [16, 12]", error.Message);
        Assert.Contains("wrong type: logit_scale is 'I64'", error.Message);
    }

    [Fact]
    public void Open_DifferentTypesInOneAttention_NamesThem()
    {
        TinyCheckpoint.WriteTransformersConfig(_folder);
        var tensors = TinyCheckpoint.Transformers();
        var index = tensors.FindIndex(tensor => tensor.Name == "text_model.encoder.layers.1.self_attn.k_proj.bias");
        tensors[index] = TestTensor.Of(tensors[index].Name, TensorType.Float16, tensors[index].Shape, new float[16]);
        _folder.Write("model.safetensors", SafetensorsWriter.Write(tensors));

        var error = Assert.Throws<ClipException>(() => ClipCheckpoint.Open(_folder.Path));

        Assert.Contains("different types: text_model.encoder.layers.1.self_attn.q_proj.bias", error.Message);
    }

    [Fact]
    public void Open_BuffersAndLogitScaleOfOneElement_AreAccepted()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        var tensors = TinyCheckpoint.OpenClip();
        tensors[0] = TestTensor.Of("logit_scale", TensorType.Float32, [1], [MathF.Log(42)]);
        tensors.Add(TestTensor.Of("attn_mask", TensorType.Float32, [8, 8], new float[64]));
        _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(tensors));

        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Equal(42, checkpoint.LogitScale, 1e-4f);
        Assert.Empty(checkpoint.Weights.Get("logit_scale").Shape);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1000)]
    [InlineData(-1000)]
    public void Open_LogitScaleThatIsNoFiniteFactor_IsRefused(float value)
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        var tensors = TinyCheckpoint.OpenClip();
        tensors[0] = TestTensor.Of("logit_scale", TensorType.Float32, [], [value]);
        _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(tensors));

        Assert.Contains("logit scale", Assert.Throws<ClipException>(() => ClipCheckpoint.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Open_SafetensorsAndBin_PrefersSafetensors()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        _folder.Write("open_clip_pytorch_model.bin", "not a checkpoint");
        _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.OpenClip()));

        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Equal("OpenCLIP", checkpoint.Layout);
    }

    [Fact]
    public void Open_BothConfigurations_TakesThatOfTheNamesInside()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        TinyCheckpoint.WriteTransformersConfig(_folder);
        _folder.Write("model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.Transformers()));

        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Equal(CropRounding.Floor, checkpoint.Config.Image.Rounding);
    }

    [Fact]
    public void Open_NothingThere_SaysWhatIsMissing()
    {
        Assert.Contains("no model folder", NotFound(_folder.PathOf("absent")));
        Assert.Contains("no weights", NotFound(_folder.Path));

        _folder.Write("model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.Transformers()));
        Assert.Contains("neither open_clip_config.json nor config.json", NotFound(_folder.Path));

        _folder.Write("config.json", TinyCheckpoint.TransformersJson);
        Assert.Contains("preprocessor_config.json", NotFound(_folder.Path));

        static string NotFound(string folder)
        {
            var error = Assert.Throws<ClipException>(() => ClipCheckpoint.Open(folder));
            Assert.Equal(ClipErrorCode.NotFound, error.Code);
            return error.Message;
        }
    }

    [Fact]
    public void Open_NamesOfAnotherModel_IsRefused()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        _folder.Write(
            "model.safetensors",
            SafetensorsWriter.Write(TestTensor.Of("lm_head.weight", TensorType.Float32, [1], [1])));

        Assert.Contains(
            "neither those of OpenCLIP", Assert.Throws<ClipException>(() => ClipCheckpoint.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Get_UnknownName_IsNotFound()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        _folder.Write("model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.OpenClip()));
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Equal(
            ClipErrorCode.NotFound, Assert.Throws<ClipException>(() => checkpoint.Weights.Get("nothing")).Code);
    }

    [Fact]
    public void Get_AfterDispose_ThrowsInsteadOfReadingUnmappedMemory()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        _folder.Write("model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.OpenClip()));
        var checkpoint = ClipCheckpoint.Open(_folder.Path);
        var tensor = checkpoint.Weights.Get("visual.proj");
        checkpoint.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.Data.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => tensor.Data.Pin());
        Assert.Throws<ObjectDisposedException>(() => checkpoint.Weights.Get("visual.proj"));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Serialize(string file, IReadOnlyCollection<TestTensor> tensors) =>
        file.EndsWith(".bin", StringComparison.Ordinal) ? TorchWriter.Write(tensors) : SafetensorsWriter.Write(tensors);

    private static void AssertWeights(ClipCheckpoint checkpoint, TensorType type)
    {
        foreach (var (name, shape, _) in TinyCheckpoint.Tensors)
        {
            var tensor = checkpoint.Weights.Get(name);
            var expected = TestTensor.Of(name, type, shape, TinyCheckpoint.Values(name));
            Assert.Equal(name, tensor.Name);
            Assert.Equal(type, tensor.Type);
            Assert.Equal(shape, tensor.Shape);
            Assert.True(tensor.Data.Span.SequenceEqual(expected.Data), $"{name} has other values.");
        }

        Assert.Equal(
            TinyCheckpoint.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (a, b) => a * b)), checkpoint.Parameters);
        Assert.Equal(100, checkpoint.LogitScale, 2f);
    }
}
