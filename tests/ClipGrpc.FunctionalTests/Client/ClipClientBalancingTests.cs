using ClipGrpc.Client;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientBalancingTests
{
    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_TwoAddresses_AreUsedInTurn()
    {
        var token = TestContext.Current.CancellationToken;
        await using var first = await ScriptedServer.StartAsync();
        await using var second = await ScriptedServer.StartAsync();
        using var client = ClipClient.Create(new ClipClientOptions { Addresses = { first.Address, second.Address } });

        // Both connections stand after some calls; from then on calls alternate.
        while (first.Log.Calls.Count == 0 || second.Log.Calls.Count == 0)
            await client.EmbedTextAsync("a", cancellationToken: token);
        var (before1, before2) = (first.Log.Calls.Count, second.Log.Calls.Count);
        for (var i = 0; i < 20; i++)
            await client.EmbedTextAsync("a", cancellationToken: token);

        Assert.Equal(10, first.Log.Calls.Count - before1);
        Assert.Equal(10, second.Log.Calls.Count - before2);
        Assert.All(first.Log.Calls, call => Assert.Equal(new Uri(first.Address).Authority, call.Host));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_OneAddressIsDown_TheOtherAnswers()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var nowhere = new RefusingAddress();
        using var client = ClipClient.Create(
            new ClipClientOptions { Addresses = { nowhere.Address, server.Address } });

        for (var i = 0; i < 5; i++)
            await client.EmbedTextAsync("a", cancellationToken: token);

        Assert.Equal(5, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextAsync_DnsAddress_Works()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = ClipClient.ForAddress($"dns:///localhost:{new Uri(server.Address).Port}");

        await client.EmbedTextAsync("a", cancellationToken: token);

        Assert.Equal(1, server.Log.Count("Embed"));
    }
}
