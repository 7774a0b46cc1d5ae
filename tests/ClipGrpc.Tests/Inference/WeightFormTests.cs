using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClipGrpc.Models;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Inference;

/// <summary>Weights of other types and in other places must give what the same numbers in memory give.</summary>
public sealed class WeightFormTests
{
    private readonly ClipConfig _config = TestConfigs.Create();
    private readonly SyntheticWeights _weights;

    public WeightFormTests() => _weights = new SyntheticWeights("test/forms", _config);

    [Fact]
    public void Create_Float16_EqualsTheSameNumbersInFloat32() => Compare(
        tensor => tensor with { Type = TensorType.Float16, Data = ToHalf(tensor) },
        tensor =>
        {
            var half = MemoryMarshal.Cast<byte, Half>(ToHalf(tensor));
            var single = new float[half.Length];
            TensorPrimitives.ConvertToSingle(half, single);
            return tensor with { Data = MemoryMarshal.AsBytes<float>(single).ToArray() };
        });

    [Fact]
    public void Create_BFloat16_EqualsTheSameNumbersInFloat32() => Compare(
        tensor => tensor with
        {
            Type = TensorType.BFloat16,
            Data = tensor.Data.ToArray().Where((_, i) => i % 4 >= 2).ToArray(),
        },
        tensor => tensor with
        {
            Data = tensor.Data.ToArray().Select((value, i) => i % 4 >= 2 ? value : (byte)0).ToArray(),
        });

    [Fact]
    public void Create_UnalignedMemory_EqualsAligned() => Compare(
        tensor =>
        {
            var shifted = new byte[tensor.Data.Length + 1];
            tensor.Data.CopyTo(shifted.AsMemory(1));
            return tensor with { Data = shifted.AsMemory(1) };
        },
        tensor => tensor);

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(1)]
    public void Create_WeightsInAFile_EqualsMemory(int start)
    {
        using var file = new WeightFile(start);
        Compare(file.Append, tensor => tensor);
    }

    [Fact]
    public void Create_WeightsInFilesOfTwoFolders_EqualsMemory()
    {
        using var one = new WeightFile(0);
        using var two = new WeightFile(0);
        Compare(tensor => (tensor.Name.Length % 2 == 0 ? one : two).Append(tensor), tensor => tensor);
    }

    [Fact]
    public void Create_Integers_IsRefusedByName()
    {
        var weights = new TransformedWeights(_weights, tensor => tensor with { Type = TensorType.Int64 });
        var error = Assert.Throws<ClipException>(
            () => TestEncoders.CreateText(_config, weights));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("'token_embedding.weight'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_FewerBytesThanShape_IsRefusedByName()
    {
        var weights = new TransformedWeights(_weights, tensor => tensor with { Data = tensor.Data[4..] });
        var error = Assert.Throws<ClipException>(
            () => TestEncoders.CreateImage(_config, weights));
        Assert.Contains("'visual.conv1.weight' holds 24572 bytes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Int8")]
    [InlineData("Fp16")]
    public void Create_OtherPrecisionOfWeightsInAFile_EqualsMemory(string precision)
    {
        using var file = new WeightFile(0);
        Compare(file.Append, tensor => tensor, Enum.Parse<Precision>(precision));
    }

    [Theory]
    [InlineData("Fp32", false)]
    [InlineData("Fp32", true)]
    [InlineData("Fp16", false)]
    [InlineData("Fp16", true)]
    public void Build_NoConstantsGiven_NeedsNoneAndEqualsTheSame(string precision, bool inAFile)
    {
        // As for a GPU, where the runtime ignores tensors that it is given in memory.
        var options = new InferenceOptions { Precision = Enum.Parse<Precision>(precision) };
        using var file = new WeightFile(0);
        IWeights weights = inAFile ? new TransformedWeights(_weights, file.Append) : _weights;
        var image = ImageTowerGraph.Build(_config, weights, options.Precision, givesConstants: false);
        var text = TextTowerGraph.Build(_config, weights, options.Precision, givesConstants: false);
        Assert.Empty(image.Constants);
        Assert.Empty(text.Constants);

        var device = ExecutionDevice.Resolve(options);
        using var images = new OnnxImageEncoder(_config, new TowerSession(image, options, device), 1);
        using var texts = new OnnxTextEncoder(_config, new TowerSession(text, options, device), options, 1);
        using var expectedImages = TestEncoders.CreateImage(_config, _weights, options);
        using var expectedTexts = TestEncoders.CreateText(_config, _weights, options);
        EncoderAssert.Close(
            EncoderAssert.Run(expectedImages, TestConfigs.Image(_config, 1)).Embeddings[0],
            EncoderAssert.Run(images, TestConfigs.Image(_config, 1)).Embeddings[0], 1e-6);
        EncoderAssert.Close(
            EncoderAssert.Run(expectedTexts, TestConfigs.Text(_config, 9, 1)).Embeddings[0],
            EncoderAssert.Run(texts, TestConfigs.Text(_config, 9, 1)).Embeddings[0], 1e-6);
    }

    [Fact]
    public void Create_Fp16OfFloat16InAFile_EqualsRoundingFloat32()
    {
        using var file = new WeightFile(2);
        Compare(
            tensor => file.Append(tensor with { Type = TensorType.Float16, Data = ToHalf(tensor) }),
            tensor => tensor, Precision.Fp16, tolerance: 2e-3);
    }

    [Fact]
    public void Create_Fp16_IsCloseToFp32()
    {
        var text = TestConfigs.Text(_config, 9, 1);
        var image = TestConfigs.Image(_config, 1);
        var half = new InferenceOptions { Precision = Precision.Fp16 };
        using var texts = TestEncoders.CreateText(_config, _weights);
        using var halfTexts = TestEncoders.CreateText(_config, _weights, half);
        using var images = TestEncoders.CreateImage(_config, _weights);
        using var halfImages = TestEncoders.CreateImage(_config, _weights, half);

        var textEmbedding = EncoderAssert.Run(halfTexts, text).Embeddings[0];
        var imageEmbedding = EncoderAssert.Run(halfImages, image).Embeddings[0];

        EncoderAssert.Close(EncoderAssert.Run(texts, text).Embeddings[0], textEmbedding, 5e-3);
        EncoderAssert.Close(EncoderAssert.Run(images, image).Embeddings[0], imageEmbedding, 5e-3);
        Assert.Equal(1, TensorPrimitives.Norm<float>(textEmbedding), 1e-5);
        Assert.Equal(1, TensorPrimitives.Norm<float>(imageEmbedding), 1e-5);
    }

    [Fact]
    public void Create_Fp16OfAValueBeyondItsRange_IsRefusedByName()
    {
        var weights = new TransformedWeights(_weights, tensor => tensor.Name == "ln_final.bias"
            ? tensor with { Data = MemoryMarshal.AsBytes<float>(Enumerable.Repeat(70_000f, 24).ToArray()).ToArray() }
            : tensor);
        var options = new InferenceOptions { Precision = Precision.Fp16 };
        var error = Assert.Throws<ClipException>(() => TestEncoders.CreateText(_config, weights, options));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Contains("'ln_final.bias' has the value 70000", error.Message, StringComparison.Ordinal);
    }

    private void Compare(
        Func<TensorView, TensorView> change, Func<TensorView, TensorView> expected,
        Precision precision = Precision.Fp32, double tolerance = 0)
    {
        var options = new InferenceOptions { Precision = precision };
        var one = new TransformedWeights(_weights, change);
        var other = new TransformedWeights(_weights, expected);
        var image = TestConfigs.Image(_config, 1);
        using var images = TestEncoders.CreateImage(_config, one, options);
        using var otherImages = TestEncoders.CreateImage(_config, other, options);
        EncoderAssert.Close(
            EncoderAssert.Run(otherImages, image).Embeddings[0], EncoderAssert.Run(images, image).Embeddings[0],
            tolerance);

        var text = TestConfigs.Text(_config, 5, 1);
        using var texts = TestEncoders.CreateText(_config, one, options);
        using var otherTexts = TestEncoders.CreateText(_config, other, options);
        EncoderAssert.Close(
            EncoderAssert.Run(otherTexts, text).Embeddings[0], EncoderAssert.Run(texts, text).Embeddings[0],
            tolerance);
    }

    private static byte[] ToHalf(TensorView tensor)
    {
        var single = MemoryMarshal.Cast<byte, float>(tensor.Data.Span);
        var half = new Half[single.Length];
        TensorPrimitives.ConvertToHalf(single, half);
        return MemoryMarshal.AsBytes<Half>(half).ToArray();
    }
}
