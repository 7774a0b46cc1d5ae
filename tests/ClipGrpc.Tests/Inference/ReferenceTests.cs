using ClipGrpc.Models.Configuration;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Inference;

/// <summary>Both towers against plain loops in double, over odd architectures.</summary>
public sealed class ReferenceTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Architectures => [.. Configs.Keys];

    private static readonly Dictionary<string, ClipConfig> Configs = new()
    {
        ["usual"] = TestConfigs.Create(),
        ["quick gelu"] = TestConfigs.Create(activation: Activation.QuickGelu),
        ["depth 1"] = TestConfigs.Create(visionLayers: 1, textLayers: 1),
        ["depth 1, quick gelu, one head"] = TestConfigs.Create(
            visionLayers: 1, textLayers: 1, visionHeads: 1, textHeads: 1, activation: Activation.QuickGelu),
        ["head widths 7 and 5"] = TestConfigs.Create(visionWidth: 35, visionHeads: 5, textWidth: 15, textHeads: 3),
        ["patch 5, image 33 that it does not divide"] = TestConfigs.Create(imageSize: 33, patch: 5),
        ["image 336, patch 56, head widths 80 and 88"] = TestConfigs.Create(
            imageSize: 336, patch: 56, visionWidth: 160, textWidth: 88, textHeads: 1, visionLayers: 1, textLayers: 1),
        ["a single patch"] = TestConfigs.Create(imageSize: 14, patch: 14),
        ["context 5"] = TestConfigs.Create(context: 5, textLayers: 3),
        ["narrow feed-forward, 80 dimensions"] = TestConfigs.Create(mlpRatio: 1, dimensions: 80),
    };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Image_AnyArchitectureAndBatch_EqualsReference(string name)
    {
        var config = Configs[name];
        var weights = new SyntheticWeights($"test/{name}", config);
        var reference = new ReferenceClip(config, weights);
        using var encoder = TestEncoders.CreateImage(config, weights);
        for (var n = 1; n <= 5; n++)
        {
            ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, n).Select(i => TestConfigs.Image(config, i))];
            (var embeddings, var norms) = EncoderAssert.Run(encoder, images);
            for (var i = 0; i < n; i++)
            {
                (var embedding, var norm) = reference.Image(images[i].Span);
                EncoderAssert.Close(embedding, embeddings[i], Tolerance);
                Assert.Equal(norm, norms[i], Tolerance * norm);
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(49)]
    [InlineData(30)]
    public void Text_EndTokenInside_IsPooledAtTheFirst(int? endToken)
    {
        var config = TestConfigs.Create() with { EndToken = endToken };
        var end = endToken ?? config.VocabularySize - 1;
        using var encoder = TestEncoders.CreateText(config, new SyntheticWeights("test/usual", config));

        // Larger ids after the end token do not matter where the configuration names it.
        int[] after = endToken is null ? [4, 5, 6] : [4, 48, 6];
        int[] inside = [1, 2, 3, end, .. after, end];
        int[] before = [1, 2, 3, .. after, end];
        (var embeddings, _) = EncoderAssert.Run(
            encoder, new[] { 1, 2, 3, end }, new[] { 1, 2, 3, end, end }, inside, before);

        EncoderAssert.Close(embeddings[0], embeddings[1], 1e-6);
        EncoderAssert.Close(embeddings[0], embeddings[2], 1e-6);
        Assert.True(embeddings[0].Zip(embeddings[3]).Max(pair => Math.Abs(pair.First - pair.Second)) > 0.01);
    }

    [Fact]
    public void Text_WithoutTheConfiguredEndToken_IsRefused()
    {
        var config = TestConfigs.Create() with { EndToken = 7 };
        using var encoder = TestEncoders.CreateText(config, new SyntheticWeights("test/usual", config));

        var error = Assert.Throws<ClipException>(() => EncoderAssert.Run(encoder, new[] { 1, 2, 49 }));

        Assert.Contains("eos_token_id", error.Message);
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Text_AnyArchitectureBatchAndLength_EqualsReference(string name)
    {
        var config = Configs[name];
        var weights = new SyntheticWeights($"test/{name}", config);
        var reference = new ReferenceClip(config, weights);
        using var encoder = TestEncoders.CreateText(config, weights);
        for (var n = 1; n <= 5; n++)
        {
            ReadOnlyMemory<int>[] texts =
                [.. Enumerable.Range(0, n).Select(i => TestConfigs.Text(config, 1 + 3 * i % config.ContextLength, i))];
            (var embeddings, var norms) = EncoderAssert.Run(encoder, texts);
            for (var i = 0; i < n; i++)
            {
                (var embedding, var norm) = reference.Text(texts[i].Span);
                EncoderAssert.Close(embedding, embeddings[i], Tolerance);
                Assert.Equal(norm, norms[i], Tolerance * norm);
            }
        }
    }
}
