using ClipGrpc.Client.Internal;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class StreamItemsTests
{
    [Fact(Timeout = 10_000)]
    public async Task WhenRoomAsync_ManyItemsWithoutResponse_WaitsForOne()
    {
        var token = TestContext.Current.CancellationToken;
        using var items = new StreamItems<string, string>(orderOf: null);
        for (var i = 0; i < StreamItems<string, string>.MaxOpen; i++)
        {
            await items.WhenRoomAsync(token);
            (await items.AddAsync($"{i}")).IsSent = true;
        }

        var room = items.WhenRoomAsync(token);
        Assert.False(room.IsCompleted);
        await items.CompletedAsync(5, item => item, token);

        await room;
        Assert.Equal("5", await items.Reader.ReadAsync(token));
    }

    [Fact(Timeout = 10_000)]
    public async Task AnsweredAsync_OrderedAndNotTheFirst_IsMalformed()
    {
        var token = TestContext.Current.CancellationToken;
        using var items = new StreamItems<string, string>(orderOf: _ => "");
        for (var i = 0; i < 2; i++)
            (await items.AddAsync($"{i}")).IsSent = true;

        await Assert.ThrowsAsync<ClipGrpc.Client.ClipClientException>(
            () => items.CompletedAsync(1, item => item, token));
    }

    [Fact(Timeout = 10_000)]
    public async Task AnsweredAsync_TwiceOrNotSentOnThisConnection_IsMalformed()
    {
        var token = TestContext.Current.CancellationToken;
        using var items = new StreamItems<string, string>(orderOf: null);
        for (var i = 0; i < 2; i++)
            (await items.AddAsync($"{i}")).IsSent = true;
        await items.CompletedAsync(0, item => item, token);

        await Assert.ThrowsAsync<ClipGrpc.Client.ClipClientException>(
            () => items.CompletedAsync(0, item => item, token));
        Assert.Equal("1", Assert.Single(await items.ReconnectedAsync(token)).Item);
        await Assert.ThrowsAsync<ClipGrpc.Client.ClipClientException>(
            () => items.CompletedAsync(1, item => item, token));
    }
}
