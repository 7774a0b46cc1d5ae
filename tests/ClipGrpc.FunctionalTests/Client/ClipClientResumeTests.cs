using System.Collections.Concurrent;
using ClipGrpc.Client;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Ordering = ClipGrpc.Client.Ordering;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Streams that go on after their connection or server has ended.</summary>
public sealed class ClipClientResumeTests
{
    private readonly ConcurrentQueue<string> _sentAgain = new();

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ServerEndsMidway_SendsAgainWhatHasNoResponse()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        BreakFirstStream(server, items: 5, responses: [3, 1], StatusCode.Unavailable);
        using var client = server.CreateClient();
        // One id for all: only the numbers on the wire tell the items apart.
        var items = Enumerable.Range(0, 8).Select(i => new EmbedStreamItem("same", new string('x', i + 1)));

        var results = await client.EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: token)
            .ToArrayAsync(token);

        Assert.All(results, result => Assert.Equal("same", result.Id));
        Assert.Equal([4f, 2, 1, 3, 5, 6, 7, 8], results.Select(result => result.Result.Value.Vector.Span[0]));
        Assert.Equal([1, 3, 5, 6, 7, 8], _sentAgain.Select(text => text.Length));
        Assert.Equal(2, server.Log.Count("EmbedStream"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_OrderedWithUnreadable_ResumesInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        BreakFirstStream(server, items: 3, responses: [0], StatusCode.Unavailable);
        using var client = server.CreateClient();
        EmbedStreamItem[] items =
        [
            new("0", "a"),
            new("1", "b"),
            new("2", ClipImage.FromFile("no/such.png")),
            new("3", "c"),
            new("4", ClipImage.FromFile("no/such.png")),
            new("5", "d"),
        ];

        var results = await client
            .EmbedStreamAsync(
                items.ToAsyncEnumerable(), new EmbedCallOptions { Ordering = Ordering.Input }, token)
            .ToArrayAsync(token);

        Assert.Equal(["0", "1", "2", "3", "4", "5"], results.Select(result => result.Id));
        Assert.Equal([true, true, false, true, false, true], results.Select(result => result.Result.IsSuccess));
        Assert.Equal(["b", "c", "d"], _sentAgain);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ConnectionBreaks_SendsAStreamThatCannotSeekAgain()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var streams = 0;
        var answering = server.Clip.OnEmbedStream;
        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            if (Interlocked.Increment(ref streams) > 1)
            {
                await answering(requests, responses, context);
                return;
            }

            await requests.MoveNext(context.CancellationToken);
            await requests.MoveNext(context.CancellationToken);
            server.AbortConnections();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var client = server.CreateClient();
        using var gate = new GatedStream("payload"u8.ToArray(), seekable: false);
        gate.Open();
        var items = new[] { new EmbedStreamItem("1", ClipImage.FromStream(gate)) }.ToAsyncEnumerable();

        var results = await client.EmbedStreamAsync(items, cancellationToken: token).ToArrayAsync(token);

        Assert.Equal(7f, Assert.Single(results).Result.Value.Vector.Span[0]);
        Assert.Equal(2, streams);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_ServerHasNotTakenThem_BeginAgain(bool fromServices)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        await using var proxy = new GoAwayProxy(server.Address);
        await using var provider = new ServiceCollection()
            .AddClipClient(options => options.Addresses.Add(proxy.Address)).Services.BuildServiceProvider();
        using var client = fromServices
            ? provider.GetRequiredService<ClipClient>() : ClipClient.ForAddress(proxy.Address);
        var items = Enumerable.Range(0, 8).Select(i => new EmbedStreamItem($"{i}", new string('x', i + 1)));

        var results = await client.EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: token)
            .ToArrayAsync(token);

        Assert.Equal([1f, 2, 3, 4, 5, 6, 7, 8], results.Select(result => result.Result.Value.Vector.Span[0]).Order());
        Assert.InRange(proxy.Connections, 2, int.MaxValue);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ConnectionBreaksDuringAWrite_SendsAllAgain()
    {
        const int count = 30;
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var streams = 0;
        var (answering, isFull) = (server.Clip.OnEmbedStream, new TaskCompletionSource());
        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            if (Interlocked.Increment(ref streams) > 1)
            {
                await answering(requests, responses, context);
                return;
            }

            // The server reads nothing, so that a write waits for the flow control's window.
            await isFull.Task.WaitAsync(ScriptedServer.Patience, context.CancellationToken);
            server.AbortConnections();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var client = server.CreateClient();
        async IAsyncEnumerable<EmbedStreamItem> Large()
        {
            for (var i = 0; i < count; i++)
            {
                if (i == 2)
                    isFull.SetResult();
                yield return new EmbedStreamItem($"{i}", ClipImage.FromBytes(new byte[300_000 + i]));
                await Task.Yield();
            }
        }

        var results = await client.EmbedStreamAsync(Large(), cancellationToken: token).ToArrayAsync(token);

        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), results.Select(result => result.Id));
        Assert.Equal(
            Enumerable.Range(0, count).Select(i => 300_000f + i),
            results.Select(result => result.Result.Value.Vector.Span[0]));
        Assert.Equal(2, streams);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_EndsWhenNothingIsOpen_ConnectsAgainForTheNextItem()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        BreakFirstStream(server, items: 1, responses: [0], StatusCode.Unavailable);
        using var client = server.CreateClient();
        var next = new TaskCompletionSource();
        async IAsyncEnumerable<EmbedStreamItem> TwoItems()
        {
            yield return new EmbedStreamItem("1", "a");
            await next.Task.WaitAsync(ScriptedServer.Patience, token);
            yield return new EmbedStreamItem("2", "bb");
        }

        var ids = new List<string>();
        await foreach (var result in client.EmbedStreamAsync(TwoItems(), cancellationToken: token))
        {
            ids.Add(result.Id);
            if (ids.Count == 1)
                Assert.Equal(1, server.Log.Count("EmbedStream"));
            next.TrySetResult();
        }

        Assert.Equal(["1", "2"], ids);
        Assert.Equal(["bb"], _sentAgain);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(StatusCode.InvalidArgument, null)]
    [InlineData(StatusCode.Unavailable, "-1")]
    public async Task EmbedStreamAsync_EndIsFinal_Throws(StatusCode status, string? pushback)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        BreakFirstStream(server, items: 2, responses: [0], status, pushback);
        using var client = server.CreateClient();
        var items = Enumerable.Range(0, 8).Select(i => new EmbedStreamItem($"{i}", "a"));

        var error = await Assert.ThrowsAsync<ClipClientException>(async () => await client
            .EmbedStreamAsync(items.ToAsyncEnumerable(), cancellationToken: token).ToArrayAsync(token));

        Assert.Equal((status, "broken"), (error.StatusCode, error.Message));
        Assert.Equal(1, server.Log.Count("EmbedStream"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_OneAttempt_IsNotResumed()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        BreakFirstStream(server, items: 1, responses: [0], StatusCode.Unavailable);
        using var client = server.CreateClient(options => options.MaxAttempts = 1);
        var items = new[] { new EmbedStreamItem("1", "a"), new EmbedStreamItem("2", "b") }.ToAsyncEnumerable();

        await Assert.ThrowsAsync<ClipClientException>(
            async () => await client.EmbedStreamAsync(items, cancellationToken: token).ToArrayAsync(token));

        Assert.Equal(1, server.Log.Count("EmbedStream"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EveryCall_ServerIsGoneForLongerThanRetryFor_FailsWithoutADeadline()
    {
        var token = TestContext.Current.CancellationToken;
        using var nowhere = new RefusingAddress();
        using var client = ClipClient.ForAddress(nowhere.Address, options =>
        {
            options.Timeout = Timeout.InfiniteTimeSpan;
            options.InitialBackoff = TimeSpan.FromMilliseconds(1);
            options.RetryFor = TimeSpan.FromMilliseconds(100);
        });
        var items = new[] { new EmbedStreamItem("1", "a") }.ToAsyncEnumerable();

        var call = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextAsync("a", cancellationToken: token));
        var stream = await Assert.ThrowsAsync<ClipClientException>(
            async () => await client.EmbedStreamAsync(items, cancellationToken: token).ToArrayAsync(token));

        Assert.True(call.IsConnectionFailure);
        Assert.True(stream.IsConnectionFailure);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ResponseToNothing_IsMalformed()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await responses.WriteAsync(new EmbedStreamResponse { Id = "7" });
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var client = server.CreateClient();
        var items = new[] { new EmbedStreamItem("7", "a") }.ToAsyncEnumerable();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            async () => await client.EmbedStreamAsync(items, cancellationToken: token).ToArrayAsync(token));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Equal(1, server.Log.Count("EmbedStream"));
    }

    /// <summary>The first stream reads some items, responds to some of them, and fails; later ones respond to all.
    /// </summary>
    private void BreakFirstStream(
        ScriptedServer server, int items, int[] responses, StatusCode status, string? pushback = null)
    {
        var streams = 0;
        server.Clip.OnEmbedStream = async (requests, writer, context) =>
        {
            var isFirst = Interlocked.Increment(ref streams) == 1;
            await requests.MoveNext(context.CancellationToken);
            var read = new List<EmbedStreamRequest>();
            while ((!isFirst || read.Count < items) && await requests.MoveNext(context.CancellationToken))
            {
                read.Add(requests.Current);
                if (isFirst)
                    continue;
                _sentAgain.Enqueue(requests.Current.Input.Text);
                await writer.WriteAsync(Respond(requests.Current));
            }

            if (!isFirst)
                return;
            foreach (var item in responses)
                await writer.WriteAsync(Respond(read[item]));
            var trailers = new Metadata();
            if (pushback is not null)
                trailers.Add("grpc-retry-pushback-ms", pushback);
            throw new RpcException(new Status(status, "broken"), trailers);
        };
    }

    private static EmbedStreamResponse Respond(EmbedStreamRequest request) =>
        new() { Id = request.Id, Result = ScriptedClipService.EmbedOne(request.Input, null) };
}
