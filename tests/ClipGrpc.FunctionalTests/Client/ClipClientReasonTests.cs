using ClipGrpc.Client;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.TestSupport;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>What the real server's errors are in the client, and the scores of all labels.</summary>
public sealed class ClipClientReasonTests(DemoServer demo)
{
    private static readonly ClipImage Cat = ClipImage.FromFile(Make.DataPath("images", "cat.jpg"));

    [Fact(Timeout = 60_000)]
    public async Task Call_UnknownModel_HasTheReasonItsValuesAndTheRequestId()
    {
        using var client = Client();

        var error = await Assert.ThrowsAsync<ClipClientException>(() => client.EmbedTextAsync(
            "a", new EmbedCallOptions { Model = "none" }, TestContext.Current.CancellationToken));

        Assert.Equal((StatusCode.NotFound, ErrorReason.ModelNotFound), (error.StatusCode, error.Reason));
        Assert.Equal("none", error.Metadata["model"]);
        Assert.False(string.IsNullOrEmpty(error.RequestId));
        Assert.Null(error.RetryAfter);
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_BadOnes_HaveTheReasonAndAMessageWithoutTheirPlace()
    {
        using var client = Client();
        ClipImage[] images = [Cat, ClipImage.FromBytes(new byte[] { 1, 2, 3 })];

        var batch = await client.EmbedImagesAsync(images, cancellationToken: TestContext.Current.CancellationToken);
        var stream = await client.EmbedStreamAsync(
            images.Select((image, i) => new EmbedStreamItem($"{i}", image)).ToAsyncEnumerable(),
            cancellationToken: TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        Assert.True(batch[0].IsSuccess);
        foreach (var error in new[] { batch[1].Error!, stream.Single(item => !item.Result.IsSuccess).Result.Error! })
        {
            Assert.Equal(ErrorReason.UnsupportedImage, error.Reason);
            Assert.StartsWith("The 3 bytes are not an image", error.Message);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyAsync_AllScores_AreThoseOfEveryLabelBesideFivePredictions()
    {
        using var client = Client();
        var labels = new ClipLabels(["cat", "dog", "bus", "key", "hat", "sun", "pen"]);

        var scored = await client.ClassifyAsync(
            Cat, labels, new ClassifyCallOptions { AllScores = true }, TestContext.Current.CancellationToken);
        var all = await client.ClassifyAsync(
            Cat, labels, new ClassifyCallOptions { TopK = int.MaxValue }, TestContext.Current.CancellationToken);

        Assert.Equal(5, scored.Predictions.Count);
        Assert.Empty(all.Scores);
        Assert.Equal(
            all.Predictions.OrderBy(prediction => prediction.Index).Select(prediction => prediction.Probability),
            scored.Scores);
    }

    private ClipClient Client() => ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
}
