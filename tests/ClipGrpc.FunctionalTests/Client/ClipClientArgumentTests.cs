using System.Net.Sockets;
using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Wrong arguments and addresses are named.</summary>
public sealed class ClipClientArgumentTests
{
    private static readonly ClipImage Image = ClipImage.FromBytes("payload"u8.ToArray());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Items_OneIsNull_AreNamedWithItsIndex()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var labels = new ClipLabels(["a"]);
        ClipInput?[] inputs = ["a", "b", null];

        Assert.Equal("texts[1]", await NameAsync(client.EmbedTextsAsync(["a", null!], cancellationToken: Cancelled)));
        Assert.Equal("images[0]", await NameAsync(client.EmbedImagesAsync([null!], cancellationToken: Cancelled)));
        Assert.Equal(
            "images[1]", await NameAsync(client.ClassifyAsync([Image, null!], labels, cancellationToken: Cancelled)));
        Assert.Equal(
            "candidates[2]", await NameAsync(client.RankAsync("q", inputs!, cancellationToken: Cancelled)));
        Assert.Equal("inputs[2]", await NameAsync(
            client.EmbedAsync(inputs.ToAsyncEnumerable()!, cancellationToken: Cancelled).ToArrayAsync(Cancelled)
                .AsTask()));
        Assert.Equal("labels[1]", Assert.Throws<ArgumentNullException>(() => new ClipLabels(["a", null!])).ParamName);
        Assert.Equal(
            "templates[0]", Assert.Throws<ArgumentNullException>(() => new ClipLabels(["a"], [null!])).ParamName);
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequences_AreNull_AreNamed()
    {
        using var client = ClipClient.ForAddress("http://localhost:1");
        var labels = new ClipLabels(["a"]);

        Assert.Equal("texts", await NameAsync(client.EmbedTextsAsync(null!, cancellationToken: Cancelled)));
        Assert.Equal("images", await NameAsync(client.EmbedImagesAsync(null!, cancellationToken: Cancelled)));
        Assert.Equal("images", await NameAsync(
            client.ClassifyAsync((IEnumerable<ClipImage>)null!, labels, cancellationToken: Cancelled)));
        Assert.Equal("source", await NameAsync(client.LoadModelAsync(null!, cancellationToken: Cancelled)));
        Assert.Equal("name", await NameAsync(client.GetModelAsync(null!, Cancelled)));
        Assert.Equal("labels", Assert.Throws<ArgumentNullException>(() => new ClipLabels(null!)).ParamName);
    }

    [Fact]
    public void NoAddress_NothingListens_SaysThatItIsTheDefault()
    {
        var refused = new HttpRequestException(
            HttpRequestError.ConnectionError, "refused", new SocketException((int)SocketError.ConnectionRefused));
        var error = new RpcException(new Status(StatusCode.Unavailable, "Error connecting.", refused));

        var message = ConnectionProblem.Explain(error, ServerNames.OfOwnChannel(new ClipClientOptions()));

        Assert.StartsWith("The server at http://localhost:50051 cannot be reached: ", message);
        Assert.EndsWith(
            "It is the default address, because none is configured in ClipClientOptions.Addresses.", message);
    }

    private static async Task<string?> NameAsync(Task call) =>
        (await Assert.ThrowsAnyAsync<ArgumentException>(() => call)).ParamName;
}
