using ClipGrpc.Models;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Tests.Inference;

/// <summary>What an encoder refuses, and that it works on afterwards.</summary>
public sealed class EncoderFailureTests
{
    private const int MaxBatchSize = 3;

    private static readonly InferenceOptions Options = new();

    private readonly ClipConfig _config = TestConfigs.Create();
    private readonly SyntheticWeights _weights;

    public EncoderFailureTests() => _weights = new SyntheticWeights("test/failures", _config);

    [Theory]
    [InlineData(-1)]
    [InlineData(50)]
    [InlineData(int.MaxValue)]
    public void Text_IdOutsideOfVocabulary_IsRefusedByNumber(int id)
    {
        using var encoder = TestEncoders.CreateText(_config, _weights, Options, MaxBatchSize);
        var error = Assert.Throws<ClipException>(() => EncoderAssert.Run(encoder, Text(1, 2), Text(3, id, 4)));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains($"Text 1 has the token id {id}", error.Message, StringComparison.Ordinal);
        Assert.True(EncoderAssert.Run(encoder, Text(0, 49)).Norms[0] > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void Text_NoTokensOrTooMany_IsRefused(int tokens)
    {
        using var encoder = TestEncoders.CreateText(_config, _weights, Options, MaxBatchSize);
        var error = Assert.Throws<ClipException>(() => EncoderAssert.Run(encoder, Text(new int[tokens])));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("1 to 16", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1727)]
    [InlineData(1729)]
    public void Image_OtherNumberOfBytes_IsRefused(int bytes)
    {
        using var encoder = TestEncoders.CreateImage(_config, _weights, Options, MaxBatchSize);
        ReadOnlyMemory<byte> image = new byte[bytes];
        var error = Assert.Throws<ClipException>(() => EncoderAssert.Run(encoder, image));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("24 x 24 x 3", error.Message, StringComparison.Ordinal);
        Assert.True(EncoderAssert.Run(encoder, TestConfigs.Image(_config, 0)).Norms[0] > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Encode_BatchEmptyOrTooLarge_IsRefused(int count)
    {
        using var texts = TestEncoders.CreateText(_config, _weights, Options, MaxBatchSize);
        using var images = TestEncoders.CreateImage(_config, _weights, Options, MaxBatchSize);
        Assert.Throws<ArgumentException>(() => EncoderAssert.Run(texts, [.. Enumerable.Repeat(Text(1), count)]));
        Assert.Throws<ArgumentException>(
            () => EncoderAssert.Run(images, [.. Enumerable.Repeat(TestConfigs.Image(_config, 0), count)]));
    }

    [Theory]
    [InlineData(39, 2)]
    [InlineData(40, 1)]
    public void Encode_ResultsDoNotFit_IsRefused(int embeddings, int norms)
    {
        using var encoder = TestEncoders.CreateText(_config, _weights, Options, MaxBatchSize);
        Assert.Throws<ArgumentException>(
            () => encoder.Encode([Text(1), Text(2)], new float[embeddings], new float[norms]));
    }

    [Fact]
    public void Create_CudaWithoutProvider_IsAnErrorAndNotTheCpu()
    {
        OrtEnvironment.EnsureCreated();
        Assert.SkipWhen(
            OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"), "This build has CUDA.");
        var options = new InferenceOptions { Device = DeviceSpec.Cuda };
        var error = Assert.Throws<ClipException>(
            () => TestEncoders.CreateImage(_config, _weights, options, MaxBatchSize));
        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        Assert.Contains("CUDA", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Int8OnCuda_IsRefused()
    {
        var options = new InferenceOptions { Device = DeviceSpec.Cuda, Precision = Precision.Int8 };
        var error = Assert.Throws<ClipException>(
            () => TestEncoders.CreateText(_config, _weights, options, MaxBatchSize));
        Assert.Contains("int8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OnCpu_SaysSo()
    {
        using var images = TestEncoders.CreateImage(_config, _weights, Options, MaxBatchSize);
        using var texts = TestEncoders.CreateText(_config, _weights, Options, MaxBatchSize);
        Assert.Equal("CPU", images.Provider);
        Assert.Equal("CPU", texts.Provider);
    }

    [Fact]
    public void Create_WeightsOfAnotherArchitecture_NamesTheTensor()
    {
        var wider = TestConfigs.Create(dimensions: 21);
        var error = Assert.Throws<ClipException>(() => TestEncoders.CreateText(wider, _weights, Options, MaxBatchSize));
        Assert.Contains("'text_projection' has the shape [24, 20]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[24, 21]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_HeadsDoNotDivideWidth_IsRefused()
    {
        var config = TestConfigs.Create(textHeads: 5);
        var error = Assert.Throws<ClipException>(
            () => TestEncoders.CreateText(config, _weights, Options, MaxBatchSize));
        Assert.Contains("text tower", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Session_GraphThatTheRuntimeRefuses_IsAnInternalErrorWithTheCause()
    {
        var error = Assert.Throws<ClipException>(
            () => new TowerSession(
                new TowerGraph([1, 2, 3], [], [], null), Options, ExecutionDevice.Resolve(Options)));
        Assert.Equal(ClipErrorCode.Internal, error.Code);
        Assert.IsType<OnnxRuntimeException>(error.InnerException);
    }

    [Fact]
    public void Run_RuntimeFails_IsAnInternalErrorWithTheCause()
    {
        // The tower was built for an image of another size than the values that it is given.
        var graph = ImageTowerGraph.Build(_config, _weights, Precision.Fp32);
        var larger = TestConfigs.Create(imageSize: 32);
        using var encoder = new OnnxImageEncoder(
            larger, new TowerSession(graph, Options, ExecutionDevice.Resolve(Options)), 1);
        var error = Assert.Throws<ClipException>(() => EncoderAssert.Run(encoder, TestConfigs.Image(larger, 0)));
        Assert.Equal(ClipErrorCode.Internal, error.Code);
        Assert.IsType<OnnxRuntimeException>(error.InnerException);
    }

    private static ReadOnlyMemory<int> Text(params int[] ids) => ids;
}
