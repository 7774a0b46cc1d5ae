using System.Globalization;
using System.Numerics.Tensors;
using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Inference;

/// <summary>
/// Measures what each precision costs in accuracy, and holds it to what docs/models.md promises. Each test writes a row
/// of the table there: run with CLIPGRPC_HEAVY_TESTS=1 and -showLiveOutput.
/// </summary>
public sealed class PrecisionReportTests
{
    /// <summary>Tiny architectures have no images of their size among the golden ones.</summary>
    private const int NoImages = 0;

    [Theory]
    [InlineData("synthetic--tiny-gelu")]
    [InlineData("synthetic--tiny-quickgelu")]
    [InlineData("laion--CLIP-ViT-B-32-DataComp.XL-s13B-b90K")]
    [InlineData("openai--clip-vit-base-patch16")]
    [InlineData("laion--CLIP-ViT-L-14-DataComp.XL-s13B-b90K")]
    public void Cosines_EveryPrecision_KeepWhatIsPromised(string name)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("CLIPGRPC_HEAVY_TESTS") == "1",
            "Heavy tests run with CLIPGRPC_HEAVY_TESTS=1.");
        var golden = GoldenModel.Load(name);
        var weights = new SyntheticWeights(golden.Model, golden.Config);
        foreach ((var precision, var least) in
            new[] { (Precision.Fp32, 0.999999), (Precision.Fp16, 0.999), (Precision.Int8, 0.99) })
        {
            var options = new InferenceOptions { Precision = precision };
            var texts = CompareTexts(golden, weights, options);
            var images = CompareImages(golden, weights, options);
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {golden.Model} | {precision} | {images} | {texts} |"));
            Assert.True(texts.Least >= least, $"{precision}: the least cosine of a text is {texts.Least}.");
            Assert.True(images.Least >= least, $"{precision}: the least cosine of an image is {images.Least}.");
        }
    }

    private static Cosines CompareTexts(GoldenModel golden, IWeights weights, InferenceOptions options)
    {
        using var encoder = TestEncoders.CreateText(golden.Config, weights, options);
        ReadOnlyMemory<int>[] texts = [.. golden.TokenIds.Select(ids => (ReadOnlyMemory<int>)ids)];
        return Cosines.Of(golden.TextEmbeddings, EncoderAssert.Run(encoder, texts).Embeddings);
    }

    private static Cosines CompareImages(GoldenModel golden, IWeights weights, InferenceOptions options)
    {
        if (golden.Config.Image.Size != 224)
            return new Cosines(1, 1, NoImages);

        using var encoder = TestEncoders.CreateImage(golden.Config, weights, options);
        ReadOnlyMemory<byte>[] images = [.. golden.CropFiles.Select(GoldenModelTests.ReadRgb)];
        return Cosines.Of(golden.ImageEmbeddings, EncoderAssert.Run(encoder, images).Embeddings);
    }

    private sealed record Cosines(double Least, double Mean, int Count)
    {
        public static Cosines Of(float[][] expected, float[][] actual)
        {
            double[] cosines = [.. expected.Zip(actual, (one, other) =>
                (double)TensorPrimitives.CosineSimilarity(one, other))];
            return new Cosines(cosines.Min(), cosines.Average(), cosines.Length);
        }

        public override string ToString() => Count == NoImages
            ? "– | –"
            : string.Create(CultureInfo.InvariantCulture, $"{Least:F6} | {Mean:F6}");
    }
}
