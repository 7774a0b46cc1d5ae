using ClipGrpc.Models;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Models.Converted;

public sealed class ConvertedWeightsCacheTests : IDisposable
{
    private const string Large = "transformer.resblocks.1.attn.in_proj_weight";

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    private IEnumerable<string> ConvertedFiles =>
        Directory.Exists(_cache.PathOf("converted"))
            ? Directory.EnumerateFiles(_cache.PathOf("converted"), "*.safetensors")
            : [];

    [Theory]
    [InlineData("Float16", "Float32", true)]
    [InlineData("BFloat16", "Float32", false)]
    [InlineData("Float32", "Float16", true)]
    [InlineData("BFloat16", "Float16", false)]
    public void Convert_OtherType_GivesConvertedWeightsInAFile(string source, string wanted, bool transformers)
    {
        var type = Enum.Parse<TensorType>(wanted);
        Write(Enum.Parse<TensorType>(source), transformers);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        var weights = Convert(checkpoint, type);

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
    public void Convert_SameType_WritesNothing()
    {
        Write(TensorType.Float32, transformers: true);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Same(checkpoint.Weights, Convert(checkpoint, TensorType.Float32));
        Assert.Empty(ConvertedFiles);
    }

    [Fact]
    public void Convert_SmallOrNoCache_WritesNothing()
    {
        Write(TensorType.Float16, transformers: false);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Same(
            checkpoint.Weights,
            TestModels.Converted(_cache.Path, minimum: 1 << 20)
                .Convert(checkpoint, () => Identity(checkpoint), TensorType.Float32));
        Assert.Same(
            checkpoint.Weights,
            TestModels.Converted(null).Convert(checkpoint, () => Identity(checkpoint), TensorType.Float32));
        Assert.Empty(ConvertedFiles);
    }

    [Fact]
    public void Convert_Again_TakesTheSameFile()
    {
        Write(TensorType.Float16, transformers: false);
        ConvertAndRelease();
        var path = Assert.Single(ConvertedFiles);
        var written = File.GetLastWriteTimeUtc(path);
        ConvertAndRelease();

        Assert.Equal(path, Assert.Single(ConvertedFiles));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void Convert_ContentOrTypeChanges_MakesAnotherFile()
    {
        Write(TensorType.Float16, transformers: false);
        ConvertAndRelease();
        Write(TensorType.BFloat16, transformers: false);
        ConvertAndRelease();
        ConvertAndRelease(TensorType.Float16);

        Assert.Equal(3, ConvertedFiles.Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(-1)]
    [InlineData(-9)]
    public void Convert_FileWithAWrongByte_IsWrittenAgain(int position)
    {
        Write(TensorType.Float16, transformers: false);
        ConvertAndRelease();
        var path = Assert.Single(ConvertedFiles);
        var whole = File.ReadAllBytes(path);
        var damaged = whole.ToArray();
        damaged[position < 0 ? damaged.Length + position : position] ^= 4;
        File.WriteAllBytes(path, damaged);

        ConvertAndRelease();

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Convert_FileThatIsCutOff_IsWrittenAgain(int length)
    {
        Write(TensorType.Float16, transformers: false);
        ConvertAndRelease();
        var path = Assert.Single(ConvertedFiles);
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..length]);

        ConvertAndRelease();

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void Convert_CacheCannotBeWritten_ConvertsInMemory()
    {
        Write(TensorType.Float16, transformers: false);
        _cache.Write("file", "");
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);
        var store = TestModels.Converted(_cache.PathOf("file"));

        Assert.Same(
            checkpoint.Weights,
            store.Convert(checkpoint, () => Identity(checkpoint), TensorType.Float32));
    }

    [Fact]
    public void Convert_ValueBeyondFloat16_IsRefusedAndLeavesNoFile()
    {
        TinyCheckpoint.WriteOpenClipConfig(_folder);
        var tensors = TinyCheckpoint.OpenClip();
        var index = tensors.FindIndex(tensor => tensor.Name == Large);
        tensors[index] = TestTensor.Of(Large, TensorType.Float32, [48, 16], [.. Enumerable.Repeat(1e5f, 48 * 16)]);
        _folder.Write("open_clip_model.safetensors", SafetensorsWriter.Write(tensors));
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        var error = Assert.Throws<ClipException>(() => Convert(checkpoint, TensorType.Float16));

        Assert.Contains($"'{Large}' has the value 100000", error.Message, StringComparison.Ordinal);
        Assert.Empty(ConvertedFiles);
    }

    [Fact]
    public void Convert_FolderIsFull_RemovesTheLeastRecentlyUsed()
    {
        Write(TensorType.Float16, transformers: false);
        ConvertAndRelease();
        var first = Assert.Single(ConvertedFiles);
        var bytes = new FileInfo(first).Length;
        Write(TensorType.BFloat16, transformers: false);
        _clock.Advance(TimeSpan.FromMinutes(1));
        ConvertAndRelease();
        var second = Assert.Single(ConvertedFiles, path => path != first);

        // Used again, the first is no longer the older one.
        Write(TensorType.Float16, transformers: false);
        _clock.Advance(TimeSpan.FromMinutes(1));
        ConvertAndRelease();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Write(TensorType.BFloat16, transformers: false);
        ConvertAndRelease(TensorType.Float16, maxBytes: 2 * bytes);

        Assert.Contains(first, ConvertedFiles);
        Assert.DoesNotContain(second, ConvertedFiles);
        Assert.Equal(2, ConvertedFiles.Count());
    }

    [Fact]
    public void Convert_FolderIsFull_KeepsWhatIsInUse()
    {
        Write(TensorType.Float16, transformers: false);
        using var used = ClipCheckpoint.Open(_folder.Path);
        using var weights = (IDisposable)Convert(used, TensorType.Float32);
        var first = Assert.Single(ConvertedFiles);
        Write(TensorType.BFloat16, transformers: false);
        ConvertAndRelease(maxBytes: new FileInfo(first).Length);

        Assert.Contains(first, ConvertedFiles);
    }

    [Fact]
    public void Convert_LargerThanTheFolderMayBe_ConvertsInMemory()
    {
        Write(TensorType.Float16, transformers: false);
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);

        Assert.Same(checkpoint.Weights, Convert(checkpoint, TensorType.Float32, maxBytes: 100));
        Assert.Empty(ConvertedFiles);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
    }

    private IWeights Convert(ClipCheckpoint checkpoint, TensorType type, long maxBytes = long.MaxValue) =>
        TestModels.Converted(_cache.Path, maxBytes, _clock)
            .Convert(checkpoint, () => Identity(checkpoint), type);

    private static string Identity(ClipCheckpoint checkpoint) => checkpoint.Identify(Precision.Fp32);

    private void ConvertAndRelease(TensorType type = TensorType.Float32, long maxBytes = long.MaxValue)
    {
        using var checkpoint = ClipCheckpoint.Open(_folder.Path);
        (Convert(checkpoint, type, maxBytes) as IDisposable)?.Dispose();
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
