using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

public sealed class RankTests(DemoServer demo)
{
    [Fact(Timeout = 60_000)]
    public async Task Rank_ImageAgainstItself_ComesFirst()
    {
        var request = new RankRequest
        {
            Query = ImageInput("cat.jpg"),
            Candidates =
            {
                ImageInput("rocket.jpg"), Sentence("a bus"), ImageInput("cat.jpg"), ImageInput("coffee.jpg"),
            },
        };

        var response = await demo.Clip.RankAsync(request, Limited());

        Assert.Equal(4, response.Ranked.Count);
        Assert.Equal(2u, response.Ranked[0].Index);
        Assert.Equal(1, response.Ranked[0].Cosine, 1e-5);
        Assert.Equal(1, response.Ranked.Sum(r => r.Probability), 1e-5);
        Assert.Equal(response.Ranked.OrderByDescending(r => r.Cosine), response.Ranked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_BadCandidate_IsReportedAndLeftOut()
    {
        var request = new RankRequest
        {
            Query = Sentence("a cat"),
            Candidates = { new Input { Image = Image([1]) }, Sentence("a cat"), Sentence("a dog") },
            TopK = 1,
        };

        var response = await demo.Clip.RankAsync(request, Limited());

        var error = Assert.Single(response.Errors);
        Assert.Equal(0u, error.Index);
        Assert.Equal((int)StatusCode.InvalidArgument, error.Error.Code);
        Assert.Equal(1u, Assert.Single(response.Ranked).Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_BadQuery_IsInvalidNamingTheField()
    {
        var request = new RankRequest { Query = new Input { Image = Image([1]) }, Candidates = { Sentence("a cat") } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await demo.Clip.RankAsync(request, Limited()));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("query", error.Status.Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_NoQueryOrCandidates_IsInvalid()
    {
        RankRequest[] requests =
        [
            new RankRequest { Query = Sentence("a") },
            new RankRequest { Candidates = { Sentence("a") } },
        ];
        foreach (var request in requests)
        {
            var error = await Assert.ThrowsAsync<RpcException>(
                async () => await demo.Clip.RankAsync(request, Limited()));
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        }
    }
}
