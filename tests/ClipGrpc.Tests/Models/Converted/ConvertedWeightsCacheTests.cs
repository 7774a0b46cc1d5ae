using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipGrpc.Tests.Models.Converted;

public sealed class ConvertedWeightsCacheTests : IDisposable
{
    private const string Large = "transformer.resblocks.1.attn.in_proj_weight";

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();

    private IEnumerable<string> ConvertedFiles =>
        Directory.Exists(_cache.PathOf("converted")) ? Directory.EnumerateFiles(_cache.PathOf("converted")) : [];

    [Theory]
    [InlineData("Float16", "Float32", true)]
    [InlineData("BFloat16", "Float32", false)]
    [InlineData("Float32", "Float16", true)]
    [InlineData("BFloat16", "Float16", false)]
    public void Prepare_OtherType_GivesConvertedWeightsInAFile(string source, string wanted, bool transformers)
    {
        var type = Enum.Parse<TensorType>(wanted);
        Write(Enum.Parse<TensorType>(source), transformers);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        var weights = Prepare(checkpoint, type);

        using var owner = Assert.IsType<ConvertedWeights>(weights);
        foreach (var tensor in ClipTensors.Of(checkpoint.Config))
        {
            var expected = TensorConverter.ToFloat32(checkpoint.Weights.Get(tensor.Name));
            var actual = weights.Get(tensor.Name);
            Assert.Equal(tensor.Shape, actual.Shape);
            var rounded = actual.Type == TensorType.Float16 ? expected.Select(value => (float)(Half)value) : expected;
            Assert.Equal(rounded, TensorConverter.ToFloat32(actual));
        }

        var part = weights.GetPart(Large, 2, 3);
        Assert.Equal(type, part.Type);
        Assert.Equal(0, part.Region!.Offset % 8);
        Assert.Equal(Assert.Single(ConvertedFiles), part.Region.Path);
        Assert.Equal(weights.Get(Large).Data[^part.Data.Length..].ToArray(), part.Data.ToArray());
    }

    [Fact]
    public void Prepare_SameType_WritesNothing()
    {
        Write(TensorType.Float32, transformers: true);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Same(checkpoint.Weights, Prepare(checkpoint, TensorType.Float32));
        Assert.Empty(ConvertedFiles);
    }

    [Fact]
    public void Prepare_SmallOrNoCache_WritesNothing()
    {
        Write(TensorType.Float16, transformers: false);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Same(
            checkpoint.Weights,
            new ConvertedWeightsCache(_cache.Path, NullLogger.Instance).Convert(checkpoint, TensorType.Float32));
        Assert.Same(
            checkpoint.Weights,
            new ConvertedWeightsCache(null, NullLogger.Instance).Convert(checkpoint, TensorType.Float32, minimum: 0));
        Assert.Empty(ConvertedFiles);
    }

    [Fact]
    public void Prepare_Again_TakesTheSameFile()
    {
        Write(TensorType.Float16, transformers: false);
        PrepareAndRelease();
        var path = Assert.Single(ConvertedFiles);
        var written = File.GetLastWriteTimeUtc(path);
        PrepareAndRelease();

        Assert.Equal(path, Assert.Single(ConvertedFiles));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void Prepare_ContentOrTypeChanges_MakesAnotherFile()
    {
        Write(TensorType.Float16, transformers: false);
        PrepareAndRelease();
        Write(TensorType.BFloat16, transformers: false);
        PrepareAndRelease();
        PrepareAndRelease(TensorType.Float16);

        Assert.Equal(3, ConvertedFiles.Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(-1)]
    [InlineData(-9)]
    public void Prepare_FileWithAWrongByte_IsMadeAnew(int position)
    {
        Write(TensorType.Float16, transformers: false);
        PrepareAndRelease();
        var path = Assert.Single(ConvertedFiles);
        var whole = File.ReadAllBytes(path);
        var damaged = whole.ToArray();
        damaged[position < 0 ? damaged.Length + position : position] ^= 4;
        File.WriteAllBytes(path, damaged);

        PrepareAndRelease();

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Prepare_FileThatIsCutOff_IsMadeAnew(int length)
    {
        Write(TensorType.Float16, transformers: false);
        PrepareAndRelease();
        var path = Assert.Single(ConvertedFiles);
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..length]);

        PrepareAndRelease();

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void Prepare_CacheCannotBeWritten_ConvertsInMemory()
    {
        Write(TensorType.Float16, transformers: false);
        _cache.Write("file", "");
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);
        var store = new ConvertedWeightsCache(_cache.PathOf("file"), NullLogger.Instance);

        Assert.Same(checkpoint.Weights, store.Convert(checkpoint, TensorType.Float32, minimum: 0));
    }

    [Fact]
    public void Prepare_ValueBeyondFloat16_IsRefusedAndLeavesNoFile()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        var tensors = TinyCheckpoint.OpenClip();
        var index = tensors.FindIndex(tensor => tensor.Name == Large);
        tensors[index] = TestTensor.Of(Large, TensorType.Float32, [48, 16], [.. Enumerable.Repeat(1e5f, 48 * 16)]);
        _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(tensors));
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        var error = Assert.Throws<ClipException>(() => Prepare(checkpoint, TensorType.Float16));

        Assert.Contains($"'{Large}' has the value 100000", error.Message, StringComparison.Ordinal);
        Assert.Empty(ConvertedFiles);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
    }

    private IWeights Prepare(ClipCheckpoint checkpoint, TensorType type) =>
        new ConvertedWeightsCache(_cache.Path, NullLogger.Instance).Convert(checkpoint, type, minimum: 0);

    private void PrepareAndRelease(TensorType type = TensorType.Float32)
    {
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);
        (Prepare(checkpoint, type) as IDisposable)?.Dispose();
    }

    private void Write(TensorType type, bool transformers)
    {
        if (transformers)
        {
            TinyCheckpoint.WriteTransformersConfig(_folder);
            _folder.Write("model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.Transformers(type)));
        }
        else
        {
            TinyCheckpoint.WriteOpenClipConfig(_folder);
            _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(TinyCheckpoint.OpenClip(type)));
        }
    }
}
