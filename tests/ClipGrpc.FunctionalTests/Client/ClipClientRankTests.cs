using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.TestSupport;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>A ranking in several calls is that of one call.</summary>
public sealed class ClipClientRankTests(DemoServer demo)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(1)]
    public async Task RankAsync_SeveralCalls_GivesTheResultOfOne(int topK)
    {
        ClipInput[] candidates =
        [
            "a cat", "a dog", ClipImage.FromFile(Make.DataPath("images", "cat.jpg")), "a red bicycle", "",
            ClipImage.FromBytes(new byte[] { 1, 2, 3 }), "a cup of coffee", "an astronaut", "a lake",
            "a photo of a cat",
        ];
        var query = ClipImage.FromFile(Make.DataPath("images", "cat.jpg"));
        var options = new RankCallOptions { TopK = topK };
        using var whole = ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
        using var split = ClipClient.ForAddress(
            demo.Server.GrpcAddress.ToString(), client => client.MaxItemsPerCall = 3);

        var expected = await whole.RankAsync(query, candidates, options, Cancelled);
        var actual = await split.RankAsync(query, candidates, options, Cancelled);

        Assert.Equal(topK == 0 ? 9 : topK, actual.Ranked.Count);
        Assert.Equal(expected.Ranked.Select(one => one.Index), actual.Ranked.Select(one => one.Index));
        Assert.All(expected.Ranked.Zip(actual.Ranked), pair =>
        {
            Assert.Equal(pair.First.Cosine, pair.Second.Cosine, 1e-5);
            Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-3);
        });
        if (topK == 0)
            Assert.Equal(1, actual.Ranked.Sum(one => one.Probability), 1e-5);
        Assert.Equal([5], actual.Errors.Keys);
        Assert.Equal(ErrorReason.UnsupportedImage, actual.Errors[5].Reason);
        Assert.Equal(expected.Errors[5].Message, actual.Errors[5].Message);
        Assert.Equal(expected.Model, actual.Model);
    }

    /// <summary>
    /// Equal candidates keep their order, and top-k of each call is enough for the sum of the softmax.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Merge_TwoCalls_IsTheSoftmaxOverBoth(int topK)
    {
        const float Scale = 10;
        float[][] calls = [[0.1f, 0.5f, -0.2f], [0.5f, float.NaN, 0.3f]];

        var results = calls.SelectMany(cosines => RankedPart.From(Response(cosines), cosines.Length)).ToList();
        var ranking = RankedPart.Merge(results, topK, Scale);

        int[] order = [1, 3, 5, 0, 2, 4];
        Assert.Equal(topK == 0 ? order : order[..topK], ranking.Ranked.Select(one => one.Index));
        var sum = calls.SelectMany(cosines => cosines).Where(float.IsFinite).Sum(cosine => Math.Exp(Scale * cosine));
        Assert.All(ranking.Ranked.Where(one => float.IsFinite(one.Cosine)), one =>
            Assert.Equal(Math.Exp(Scale * one.Cosine) / sum, one.Probability, 1e-6));
        Assert.All(ranking.Ranked.Where(one => float.IsNaN(one.Cosine)), one => Assert.Equal(0, one.Probability));

        V1.RankResponse Response(float[] cosines)
        {
            var own = cosines.Where(float.IsFinite).Sum(cosine => Math.Exp(Scale * cosine));
            var ranked = cosines
                .Select((cosine, i) => new V1.RankedCandidate
                {
                    Index = (uint)i,
                    Cosine = cosine,
                    Probability = float.IsFinite(cosine) ? (float)(Math.Exp(Scale * cosine) / own) : 0,
                })
                .OrderByDescending(one => one.Probability);
            return new V1.RankResponse { Ranked = { topK == 0 ? ranked : ranked.Take(topK) } };
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_MoreThanTheServersLimit_IsSplit()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var candidates = Enumerable.Range(0, 70).Select(i => (ClipInput)$"text {i}");

        var ranking = await client.RankAsync("q", candidates, cancellationToken: Cancelled);

        Assert.Equal(Enumerable.Range(0, 70), ranking.Ranked.Select(one => one.Index).Order());
        Assert.Equal(18, server.Log.Count("Rank"));
        Assert.Equal(1, server.Log.Count("ListModels"));
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_FewCandidates_IsOneRequest()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        await client.RankAsync("q", ["a", "b"], cancellationToken: Cancelled);

        Assert.Equal(["Rank"], server.Log.Calls.Select(call => call.Method));
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_ServerRefusesTheCall_AsksForTheLimitsAndSplits()
    {
        await using var server = await ScriptedServer.StartAsync();
        var refused = 0;
        server.Clip.Before = _ => refused++ == 0
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "candidates: too many."))
            : Task.CompletedTask;
        using var client = server.CreateClient();

        var ranking = await client.RankAsync("q", ["a", "b", "c", "d", "e", "f"], cancellationToken: Cancelled);

        Assert.Equal(6, ranking.Ranked.Count);
        Assert.Equal(3, server.Log.Count("Rank"));
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_ModelIsReplacedBetweenCalls_IsAborted()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Demo.Revision = "another";
        using var client = server.CreateClient(options => options.MaxItemsPerCall = 1);

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.RankAsync("q", ["a", "b"], cancellationToken: Cancelled));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal(
            "The model demo was replaced between two calls, revision abc123 by another; rank again.", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task RankAsync_NoCandidates_IsInvalid()
    {
        using var client = ClipClient.ForAddress("http://localhost:1");

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.RankAsync("q", [], cancellationToken: Cancelled));

        Assert.Equal((StatusCode.InvalidArgument, "candidates: at least one is required."),
            (error.StatusCode, error.Message));
    }
}
