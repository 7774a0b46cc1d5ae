using ClipGrpc.Models;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Tests.Inference;

/// <summary>Sessions with bound memory, as a GPU uses them; here on the CPU.</summary>
public sealed class TowerSessionTests
{
    private const int MaxBatchSize = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ClipConfig _config = TestConfigs.Create();
    private readonly SyntheticWeights _weights;

    public TowerSessionTests() => _weights = new SyntheticWeights("test/sessions", _config);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_MemoryThatIsNotTheHosts_CopiesInAndOut(int count)
    {
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, count).Select(i => TestConfigs.Image(_config, i))];
        var options = new InferenceOptions { IntraOpThreads = 1 };
        using var session = ClipEncoders.LoadImage(_config, _weights, options);
        using var memory = new SplitMemory();
        var pixels = memory.Allocate(MaxBatchSize * images[0].Length);
        var results = new EmbeddingBuffers(memory, _config.EmbeddingDimensions, MaxBatchSize);
        using var binding = session.CreateBinding(memory);
        var size = _config.Image.Size;
        results.Bind(
            binding.Input(ImageTowerGraph.Pixels, pixels, TensorElementType.UInt8, count, size, size, 3),
            first: 0,
            count);

        for (var i = 0; i < count; i++)
            images[i].Span.CopyTo(pixels.HostSpan<byte>()[(i * images[i].Length)..]);
        session.Run(binding);

        var embeddings = new float[count * _config.EmbeddingDimensions];
        results.CopyTo(count, embeddings, new float[count]);
        using var encoder = TestEncoders.CreateImage(_config, _weights, options, MaxBatchSize);
        Assert.Equal(EncoderAssert.Run(encoder, images).Embeddings.SelectMany(row => row), embeddings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Encode_WholeAndInParts_SameEmbeddings(bool isQuantized)
    {
        var precision = isQuantized ? Precision.Int8 : Precision.Fp32;
        var options = new InferenceOptions { IntraOpThreads = 3, Precision = precision };
        using var session = ClipEncoders.LoadImage(_config, _weights, options);
        Assert.True(session.Divides);
        Assert.True(session.TryShare(options));
        using var encoder = new OnnxImageEncoder(_config, session, MaxBatchSize);
        ReadOnlyMemory<byte>[] images =
            [.. Enumerable.Range(0, MaxBatchSize).Select(i => TestConfigs.Image(_config, i))];
        var alone = images.Select(image => EncoderAssert.Run(encoder, image).Embeddings[0]).ToList();

        // Both ways are measured first, in turns. int8 rounds by the largest activation of what runs together.
        var tolerance = isQuantized ? 0.05 : 1e-5;
        for (var batch = 0; batch < 10; batch++)
        {
            var together = EncoderAssert.Run(encoder, images).Embeddings;
            for (var i = 0; i < images.Length; i++)
                EncoderAssert.Close(alone[i], together[i], tolerance);
        }
    }

    [Fact]
    public void Divides_OneThread_IsFalse()
    {
        using var session = ClipEncoders.LoadImage(_config, _weights, new InferenceOptions { IntraOpThreads = 1 });

        Assert.False(session.Divides);
    }

    [Fact]
    public async Task Encode_TwoEncodersOfOneSessionAtOnce_EachHasItsOwnResults()
    {
        var options = new InferenceOptions();
        var session = ClipEncoders.LoadImage(_config, _weights, options);
        Assert.True(session.TryShare(options));
        using var one = new OnnxImageEncoder(_config, session, MaxBatchSize);
        using var other = new OnnxImageEncoder(_config, session, MaxBatchSize);
        var image = TestConfigs.Image(_config, 1);
        var otherImage = TestConfigs.Image(_config, 2);
        var expected = EncoderAssert.Run(one, image).Embeddings[0];
        var otherExpected = EncoderAssert.Run(other, otherImage).Embeddings[0];

        var first = Task.Run(() => EncodeOften(one, image, expected));
        var second = Task.Run(() => EncodeOften(other, otherImage, otherExpected));

        await Task.WhenAll(first, second).WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Dispose_OneOfTwoUsers_LeavesTheOtherAtWork()
    {
        var options = new InferenceOptions();
        var session = ClipEncoders.LoadText(_config, _weights, options);
        Assert.True(session.TryShare(options));
        var one = new OnnxTextEncoder(_config, session, options, MaxBatchSize);
        using (var other = new OnnxTextEncoder(_config, session, options, MaxBatchSize))
        {
            one.Dispose();
            Assert.True(EncoderAssert.Run(other, TestConfigs.Text(_config, 5, 1)).Norms[0] > 0);
        }

        Assert.False(session.TryShare(options));
    }

    [Fact]
    public void TryShare_OtherOptions_IsRefused()
    {
        using var session = ClipEncoders.LoadText(_config, _weights, new InferenceOptions());

        Assert.False(session.TryShare(new InferenceOptions()));
    }

    [Fact]
    public void TryShare_AfterAFailure_IsRefused()
    {
        // The tower was built for an image of another size than the values that it is given.
        var options = new InferenceOptions();
        var larger = TestConfigs.Create(imageSize: 32);
        var session = ClipEncoders.LoadImage(_config, _weights, options);
        using var encoder = new OnnxImageEncoder(larger, session, 1);

        Assert.Throws<ClipException>(() => EncoderAssert.Run(encoder, TestConfigs.Image(larger, 0)));

        Assert.False(session.TryShare(options));
    }

    /// <summary>Without a GPU the runtime has no graphs, but chooses, and runs what was chosen.</summary>
    [Fact]
    public void WarmUp_WithCudaGraphs_ChangesNoResult()
    {
        var image = TestConfigs.Image(_config, 1);
        using var usual = TestEncoders.CreateImage(_config, _weights, new InferenceOptions(), MaxBatchSize);
        using var encoder = TestEncoders.CreateImage(
            _config, _weights, new InferenceOptions { CudaGraphs = true }, MaxBatchSize);
        var expected = EncoderAssert.Run(usual, image).Embeddings[0];
        var embeddings = new float[encoder.Dimensions];

        encoder.WarmUp([image], embeddings, new float[1]);

        Assert.Equal(expected, embeddings);
        Assert.Equal(expected, EncoderAssert.Run(encoder, image).Embeddings[0]);
        Assert.Equal(2, EncoderAssert.Run(encoder, image, image).Embeddings.Length);
    }

    private static void EncodeOften(OnnxImageEncoder encoder, ReadOnlyMemory<byte> image, float[] expected)
    {
        for (var i = 0; i < 50; i++)
            Assert.Equal(expected, EncoderAssert.Run(encoder, image).Embeddings[0]);
    }
}
