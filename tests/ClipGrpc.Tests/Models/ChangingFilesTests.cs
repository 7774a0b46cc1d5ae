using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

/// <summary>
/// Files that change under a loaded model. Where a file is still mapped, truncating it ends this process, not only the
/// test.
/// </summary>
public sealed class ChangingFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();

    [Theory]
    [InlineData("Float32", "Fp32", false)]
    [InlineData("Float32", "Fp32", true)]
    [InlineData("Float16", "Fp16", false)]
    [InlineData("BFloat16", "Fp32", false)]
    [InlineData("BFloat16", "Fp32", true)]
    [InlineData("BFloat16", "Fp16", false)]
    [InlineData("Float32", "Int8", false)]
    public void Encode_FilesTruncatedOrOverwritten_GivesWhatWasLoaded(string type, string precision, bool transformers)
    {
        Write(Enum.Parse<TensorType>(type), transformers);
        var options = new InferenceOptions().With(Enum.Parse<Precision>(precision));
        using var files = Open(options.Precision);

        Assert.Equal(type == "BFloat16" ? 1 : 0, ConvertedFiles().Count());
        CheckThatChangesDoNotMatter(files, options, Directory.GetFiles(_folder.Path).Concat(ConvertedFiles()));
    }

    [Theory]
    [InlineData("Float32", "Fp32", false)]
    [InlineData("Float32", "Fp32", true)]
    [InlineData("Float16", "Fp16", false)]
    [InlineData("BFloat16", "Fp32", false)]
    [InlineData("Float32", "Int8", false)]
    public void Encode_FilesLoadedWithoutALease_GivesTheSame(string type, string precision, bool transformers)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases are Linux's.");
        Write(Enum.Parse<TensorType>(type), transformers);
        var options = new InferenceOptions().With(Enum.Parse<Precision>(precision));
        float[] expected;
        using (var leased = Open(options.Precision))
            expected = Embed(leased, options);

        using var writers = new OpenFiles(Directory.GetFiles(_folder.Path).Concat(ConvertedFiles()));
        using var files = Open(options.Precision);

        Assert.Equal(expected, Embed(files, options, writers));
    }

    /// <summary>Plug-ins may compute with weights where they were mapped; then those are of private copies.</summary>
    [Theory]
    [InlineData("Float32", "Fp32", false)]
    [InlineData("Float16", "Fp16", false)]
    [InlineData("Float16", "Fp32", true)]
    public void Encode_FilesTruncatedUnderAPlugin_GivesTheSame(string type, string precision, bool transformers)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Windows keeps mapped files.");
        Write(Enum.Parse<TensorType>(type), transformers);
        var options = OpenVinoPlugin.Options(Enum.Parse<Precision>(precision));
        OpenVinoPlugin.SkipUnlessHas(options.Precision);
        var own = new InferenceOptions().With(options.Precision);
        using var files = Open(options.Precision);
        var expected = Embed(files, own);

        using var writers = new OpenFiles(Directory.GetFiles(_folder.Path).Concat(ConvertedFiles()));
        var embeddings = Embed(files, options, writers);

        EncoderAssert.Close(expected, embeddings, options.Precision == Precision.Fp32 ? 1e-5 : 1e-2);
    }

    [Fact]
    public void Encode_PreExportedModelOnAPlugin_GivesTheSame()
    {
        using var folder = new PreExportedFolder();
        folder.WriteTransformersConfig();
        folder.WriteImage("onnx/vision_model.onnx", dataFile: "onnx/vision_model.onnx_data");
        folder.WriteText("onnx/text_model.onnx", dataFile: "onnx/text_model.onnx_data");
        var options = OpenVinoPlugin.Options(Precision.Fp32);
        using var files = TestModels.Open(folder.Path);
        var expected = Embed(files, new InferenceOptions());

        using var writers = new OpenFiles(Directory.GetFiles(Path.Combine(folder.Path, "onnx")));
        EncoderAssert.Close(expected, Embed(files, options, writers), 1e-5);
    }

    [Fact]
    public void Encode_PreExportedModelLoadedWithoutALease_GivesTheSame()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases are Linux's.");
        using var folder = new PreExportedFolder();
        folder.WriteTransformersConfig();
        folder.WriteImage("onnx/vision_model.onnx", dataFile: "onnx/vision_model.onnx_data");
        folder.WriteText("onnx/text_model.onnx", dataFile: "onnx/text_model.onnx_data");
        var options = new InferenceOptions();
        float[] expected;
        using (var leased = TestModels.Open(folder.Path))
            expected = Embed(leased, options);

        using var writers = new OpenFiles(Directory.GetFiles(Path.Combine(folder.Path, "onnx")));
        using var files = TestModels.Open(folder.Path);

        Assert.Equal(expected, Embed(files, options, writers));
    }

    [Fact]
    public void CreateEncoder_WeightsChangedSinceTheLoad_IsRefused()
    {
        Write(TensorType.Float32, transformers: false);
        using var files = Open(Precision.Fp32);
        using (var first = files.CreateImageEncoder(new InferenceOptions(), 2))
        {
        }

        // As after a failure of the runtime: the session is made again.
        var path = _folder.PathOf("open_clip_model.safetensors");
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<ClipException>(() => files.CreateImageEncoder(new InferenceOptions(), 2));

        Assert.StartsWith(
            "open_clip_model.safetensors: the file has changed since the model was opened. Load the model again",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateEncoder_WeightsTruncatedSinceTheyWereOpened_IsRefused()
    {
        Write(TensorType.Float32, transformers: false);
        using var files = Open(Precision.Fp32);
        using (var stream = OpenWrite(_folder.PathOf("open_clip_model.safetensors")))
            stream.SetLength(100);

        Assert.Throws<ClipException>(() => files.CreateTextEncoder(new InferenceOptions(), 2));
    }

    [Fact]
    public void Encode_PreExportedModelTruncatedOrOverwritten_GivesWhatWasLoaded()
    {
        using var folder = new PreExportedFolder();
        folder.WriteTransformersConfig();
        folder.WriteImage("onnx/vision_model.onnx", dataFile: "onnx/vision_model.onnx_data");
        folder.WriteText("onnx/text_model.onnx", dataFile: "onnx/text_model.onnx_data");
        using var files = TestModels.Open(folder.Path);

        CheckThatChangesDoNotMatter(
            files, new InferenceOptions(), Directory.GetFiles(Path.Combine(folder.Path, "onnx")));
    }

    [Fact]
    public void Identify_DataFileUnderAnyName_Counts()
    {
        using var folder = new PreExportedFolder();
        folder.WriteTransformersConfig();
        folder.WriteImage("onnx/vision_model.onnx", dataFile: "onnx/some.bin");
        folder.WriteText("onnx/text_model.onnx");
        var before = Identify();
        var path = Path.Combine(folder.Path, "onnx/some.bin");
        var bytes = File.ReadAllBytes(path);
        bytes[0] ^= 1;
        File.WriteAllBytes(path, bytes);

        Assert.NotEqual(before, Identify());

        string Identify()
        {
            using var files = TestModels.Open(folder.Path);
            return files.Identify();
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Open_FifoAmongTheFiles_IsRefusedAtOnce()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kind of a file is asked for on Linux.");
        foreach (var name in (string[])["open_clip_model.safetensors", "open_clip_config.json", "merges.txt"])
        {
            Write(TensorType.Float32, transformers: false);
            File.Delete(_folder.PathOf(name));
            UnixFiles.CreateFifo(_folder.PathOf(name));

            var error = await Assert.ThrowsAsync<ClipException>(
                () => Task.Run(() => Open(Precision.Fp32))).WaitAsync(TimeSpan.FromSeconds(20));

            Assert.StartsWith($"{name}: this is a FIFO", error.Message, StringComparison.Ordinal);
            File.Delete(_folder.PathOf(name));
        }
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
    }

    private ModelFiles Open(Precision precision) => TestModels.Open(_folder.Path, precision, _cache.Path);

    private IEnumerable<string> ConvertedFiles() => Directory.Exists(_cache.PathOf("converted"))
        ? Directory.GetFiles(_cache.PathOf("converted"), "*.safetensors")
        : [];

    /// <param name="writers">Of files that are truncated when they have been loaded.</param>
    private static float[] Embed(ModelFiles files, InferenceOptions options, OpenFiles? writers = null)
    {
        using var images = files.CreateImageEncoder(options, 2);
        using var texts = files.CreateTextEncoder(options, 2);
        writers?.Truncate();
        var (image, _) = EncoderAssert.Run(images, [TestConfigs.Image(files.Config, 1)]);
        var (text, _) = EncoderAssert.Run(texts, [TestConfigs.Text(files.Config, 5, 1)]);
        return [.. image.Concat(text).SelectMany(row => row)];
    }

    private static void CheckThatChangesDoNotMatter(
        ModelFiles files, InferenceOptions options, IEnumerable<string> paths)
    {
        using var images = files.CreateImageEncoder(options, 2);
        using var texts = files.CreateTextEncoder(options, 2);
        ReadOnlyMemory<byte>[] pixels = [TestConfigs.Image(files.Config, 1)];
        ReadOnlyMemory<int>[] ids = [TestConfigs.Text(files.Config, 5, 1)];
        var (image, _) = EncoderAssert.Run(images, pixels);
        var (text, _) = EncoderAssert.Run(texts, ids);

        foreach (var path in paths)
        {
            Assert.False(ProcessMaps.Contains(path), $"{path} is still mapped.");
            File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);
            using var stream = OpenWrite(path);
            stream.SetLength(1);
        }

        Assert.Equal(image, EncoderAssert.Run(images, pixels).Embeddings);
        Assert.Equal(text, EncoderAssert.Run(texts, ids).Embeddings);
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
            _folder.Write("merges.txt", "#version: 0.2\n");
        }
    }

    /// <summary>Open for writing, which is when the kernel grants no lease.</summary>
    private sealed class OpenFiles(IEnumerable<string> paths) : IDisposable
    {
        private readonly FileStream[] _files =
        [
            .. paths.Select(path => new FileStream(
                path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)),
        ];

        public void Truncate() => Array.ForEach(_files, file => file.SetLength(0));

        public void Dispose() => Array.ForEach(_files, file => file.Dispose());
    }

    // As other programs do it: without the lock that File.OpenWrite wants, and that a reader's may be in the way of.
    private static FileStream OpenWrite(string path) =>
        new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
}
