using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Inference;

/// <summary>An input's embedding must not depend on what else is in its batch, nor on how texts are padded.</summary>
public sealed class EncoderInvarianceTests
{
    private const double Tolerance = 1e-5;

    private readonly ClipConfig _config = TestConfigs.Create(context: 40, textLayers: 3, visionLayers: 3);
    private readonly SyntheticWeights _weights;

    public EncoderInvarianceTests() => _weights = new SyntheticWeights("test/invariance", _config);

    [Fact]
    public void Image_AloneOrInABatch_SameEmbedding()
    {
        using var encoder = TestEncoders.CreateImage(_config, _weights);
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 7).Select(i => TestConfigs.Image(_config, i))];
        (var together, var norms) = EncoderAssert.Run(encoder, images);
        for (var i = 0; i < images.Length; i++)
        {
            (var alone, var norm) = EncoderAssert.Run(encoder, images[i]);
            EncoderAssert.Close(alone[0], together[i], Tolerance);
            Assert.Equal(norm[0], norms[i], Tolerance * norm[0]);
        }
    }

    [Fact]
    public void Text_AloneOrInABatchOfOtherLengths_SameEmbedding()
    {
        using var encoder = TestEncoders.CreateText(_config, _weights);
        ReadOnlyMemory<int>[] texts =
            [.. new[] { 1, 2, 7, 8, 9, 23, 40 }.Select(length => TestConfigs.Text(_config, length, length))];
        (var together, _) = EncoderAssert.Run(encoder, texts);
        for (var i = 0; i < texts.Length; i++)
        {
            (var alone, _) = EncoderAssert.Run(encoder, texts[i]);
            EncoderAssert.Close(alone[0], together[i], Tolerance);
        }
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 1, 5, 6 })]
    [InlineData(new[] { 77, 12 })]
    public void Text_OtherPaddedLengths_SameEmbedding(int[] lengths)
    {
        var text = TestConfigs.Text(_config, 6, 1);
        using var usual = TestEncoders.CreateText(_config, _weights);
        using var other = TestEncoders.CreateText(
            _config, _weights, new InferenceOptions { TextLengths = lengths });
        EncoderAssert.Close(
            EncoderAssert.Run(usual, text).Embeddings[0], EncoderAssert.Run(other, text).Embeddings[0], Tolerance);
    }

    [Fact]
    public void Lengths_OptionsBeyondContext_EndWithContext()
    {
        var options = new InferenceOptions { TextLengths = [77, 16, 8, 16] };
        using var encoder = TestEncoders.CreateText(_config, _weights, options);
        Assert.Equal([8, 16, 40], encoder.Lengths.Groups);
        Assert.Equal(16, encoder.Lengths.PadTo(9));
    }

    [Fact]
    public void Image_CalledAgainAfterALargerBatch_SameResult()
    {
        using var encoder = TestEncoders.CreateImage(_config, _weights);
        var image = TestConfigs.Image(_config, 3);
        var before = EncoderAssert.Run(encoder, image).Embeddings[0];
        EncoderAssert.Run(encoder, [.. Enumerable.Range(10, 64).Select(i => TestConfigs.Image(_config, i))]);
        Assert.Equal(before, EncoderAssert.Run(encoder, image).Embeddings[0]);
    }

    [Fact]
    public void Image_OutputsLargerThanNeeded_WritesOnlyItsPart()
    {
        using var encoder = TestEncoders.CreateImage(_config, _weights);
        var embeddings = new float[2 * encoder.Dimensions];
        var norms = new float[2];
        encoder.Encode([TestConfigs.Image(_config, 1)], embeddings, norms);
        Assert.NotEqual(0, norms[0]);
        Assert.Equal(0, norms[1]);
        Assert.All(embeddings[encoder.Dimensions..], value => Assert.Equal(0, value));
    }
}
