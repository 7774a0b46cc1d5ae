using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using ClipGrpc.TestSupport;
using SkiaSharp;

namespace ClipGrpc.Tests.Inference;

/// <summary>Both towers against what PyTorch computed from the same weights.</summary>
[Collection(FullSizeModels.Collection)]
public sealed class GoldenModelTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("synthetic--tiny-gelu")]
    [InlineData("synthetic--tiny-quickgelu")]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K")]
    [InlineData("openai--clip-vit-base-patch16")]
    public void Text_GoldenModel_EqualsPyTorch(string name)
    {
        CheckTexts(GoldenModel.Load(name));
    }

    [Theory]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K")]
    [InlineData("openai--clip-vit-base-patch16")]
    public void Image_GoldenModel_EqualsPyTorch(string name)
    {
        CheckImages(GoldenModel.Load(name));
    }

    [Theory]
    [InlineData("laion--CLIP-ViT-B-32-laion2B-s34B-b79K")]
    [InlineData("laion--CLIP-ViT-L-14-DataComp.XL-s13B-b90K")]
    public void BothTowers_HeavyGoldenModel_EqualPyTorch(string name)
    {
        FullSizeModels.SkipUnlessHeavy();
        var golden = GoldenModel.Load(name);
        CheckTexts(golden);
        CheckImages(golden);
    }

    /// <summary>The bounds are what users are promised.</summary>
    [Theory]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "Int8", 0.99)]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "Fp16", 0.999)]
    public void Encode_ReducedPrecision_HasCosineWithPyTorch(string name, string precision, double least)
    {
        var golden = GoldenModel.Load(name);
        var weights = new SyntheticWeights(golden.Model, golden.Config);
        var options = new InferenceOptions { Precision = Enum.Parse<Precision>(precision) };
        using var textEncoder = TestEncoders.CreateText(golden.Config, weights, options);
        ReadOnlyMemory<int>[] texts = [.. golden.TokenIds.Select(ToMemory)];
        CheckCosines(golden.TextEmbeddings, EncoderAssert.Run(textEncoder, texts).Embeddings, least);

        using var imageEncoder = TestEncoders.CreateImage(golden.Config, weights, options);
        ReadOnlyMemory<byte>[] images = [.. golden.CropFiles.Select(ReadRgb)];
        CheckCosines(golden.ImageEmbeddings, EncoderAssert.Run(imageEncoder, images).Embeddings, least);
    }

    private static void CheckCosines(float[][] expected, float[][] actual, double least)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var cosine = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(expected[i], actual[i]);
            TestContext.Current.TestOutputHelper?.WriteLine($"cosine {i}: {cosine}");
            Assert.True(cosine >= least, $"The cosine of {i} is {cosine}.");
        }
    }

    private static ReadOnlyMemory<int> ToMemory(int[] ids) => ids;

    private static void CheckTexts(GoldenModel golden)
    {
        var weights = new SyntheticWeights(golden.Model, golden.Config);
        using var encoder = TestEncoders.CreateText(golden.Config, weights);
        ReadOnlyMemory<int>[] texts = [.. golden.TokenIds.Select(ToMemory)];
        (var embeddings, var norms) = EncoderAssert.Run(encoder, texts);
        Check(golden.TextEmbeddings, golden.TextNorms, embeddings, norms);
    }

    private static void CheckImages(GoldenModel golden)
    {
        var weights = new SyntheticWeights(golden.Model, golden.Config);
        using var encoder = TestEncoders.CreateImage(golden.Config, weights);
        ReadOnlyMemory<byte>[] images = [.. golden.CropFiles.Select(ReadRgb)];
        (var embeddings, var norms) = EncoderAssert.Run(encoder, images);
        Check(golden.ImageEmbeddings, golden.ImageNorms, embeddings, norms);
    }

    private static void Check(float[][] expected, float[] expectedNorms, float[][] actual, float[] actualNorms)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            EncoderAssert.Close(expected[i], actual[i], Tolerance);
            Assert.Equal(expectedNorms[i], actualNorms[i], 1e-3);
        }
    }

    internal static ReadOnlyMemory<byte> ReadRgb(string path)
    {
        using var bitmap = SKBitmap.Decode(path);
        Assert.NotNull(bitmap);
        return bitmap.Pixels.SelectMany(pixel => new[] { pixel.Red, pixel.Green, pixel.Blue }).ToArray();
    }
}
