using System.Runtime.CompilerServices;
using ClipGrpc.Client;
using ClipGrpc.V1;
using Grpc.Core;
using DropPolicy = ClipGrpc.Client.DropPolicy;
using Ordering = ClipGrpc.Client.Ordering;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientStreamTests
{
    private static readonly ClipImage Image = ClipImage.FromBytes("payload"u8.ToArray());
    private static readonly ClipLabels Labels = new(["cat", "dog"]);

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_Items_AreAnsweredWithTheirIds()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var items = Enumerable.Range(1, 200).Select(i => new EmbedStreamItem($"id{i}", new string('x', i)));

        var results = await client.EmbedStreamAsync(
            items.ToAsyncEnumerable(), cancellationToken: token).ToArrayAsync(token);

        Assert.Equal(Enumerable.Range(1, 200).Select(i => $"id{i}"), results.Select(result => result.Id));
        Assert.Equal(
            Enumerable.Range(1, 200).Select(i => (float)i),
            results.Select(result => result.Result.Value.Vector.Span[0]));
        Assert.Equal(DateTime.MaxValue, server.Log.Calls.Single().Deadline);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_OrderedWithUnreadable_KeepsErrorsInPlace()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        EmbedStreamItem[] items =
        [
            new("0", ClipImage.FromFile("no/such.png")),
            new("1", "a"),
            new("2", ClipImage.FromFile("no/such.png")),
            new("3", "bad"),
            new("4", "b"),
            new("5", ClipImage.FromFile("no/such.png")),
        ];

        var results = await client
            .EmbedStreamAsync(
                items.ToAsyncEnumerable(), new EmbedCallOptions { Ordering = Ordering.Input }, token)
            .ToArrayAsync(token);

        Assert.Equal(["0", "1", "2", "3", "4", "5"], results.Select(result => result.Id));
        Assert.Equal([false, true, false, false, true, false], results.Select(result => result.Result.IsSuccess));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_NextItemWaitsForTheErrorBefore_DoesNotHang()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var answered = new TaskCompletionSource();
        async IAsyncEnumerable<EmbedStreamItem> OneByOne()
        {
            yield return new EmbedStreamItem("unreadable", ClipImage.FromFile("no/such.png"));
            await answered.Task.WaitAsync(ScriptedServer.Patience, token);
            yield return new EmbedStreamItem("text", "a");
        }

        var ids = new List<string>();
        await foreach (var result in client.EmbedStreamAsync(OneByOne(), cancellationToken: token))
        {
            ids.Add(result.Id);
            answered.TrySetResult();
        }

        Assert.Equal(["unreadable", "text"], ids);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_SourceFails_ThrowsItsException()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        static async IAsyncEnumerable<EmbedStreamItem> Broken()
        {
            yield return new EmbedStreamItem("1", "a");
            await Task.Yield();
            throw new InvalidDataException("the camera is gone");
        }

        var error = await Assert.ThrowsAsync<InvalidDataException>(
            async () => await client.EmbedStreamAsync(Broken(), cancellationToken: token).ToArrayAsync(token));

        Assert.Equal("the camera is gone", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ServerEndsEarly_ThrowsWhileTheSourceGoesOn()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbedStream = (_, _, _) => Task.CompletedTask;
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            async () => await client.EmbedStreamAsync(Endless(), cancellationToken: token).ToArrayAsync(token));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ServerEndsTheSecondEnumerationEarly_Throws()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var sent = new TaskCompletionSource();
        async IAsyncEnumerable<EmbedStreamItem> TwoItems([EnumeratorCancellation] CancellationToken ended = default)
        {
            yield return new EmbedStreamItem("1", "a");
            await sent.Task.WaitAsync(ScriptedServer.Patience, ended);
            yield return new EmbedStreamItem("2", "b");
        }

        var stream = client.EmbedStreamAsync(TwoItems(), cancellationToken: token);
        sent.SetResult();
        Assert.Equal(2, await stream.CountAsync(token));

        // The server ends with OK after one of two, while the source has not given the second.
        sent = new TaskCompletionSource();
        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await requests.MoveNext(context.CancellationToken);
            await responses.WriteAsync(new EmbedStreamResponse
            {
                Id = requests.Current.Id,
                Result = ScriptedClipService.EmbedOne(requests.Current.Input, null),
            });
        };
        var error = await Assert.ThrowsAsync<ClipClientException>(async () =>
        {
            await foreach (var result in stream)
                Assert.Equal("1", result.Id);
        });

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ServerFailsMidway_GivesWhatCameAndThenThrows()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await requests.MoveNext(context.CancellationToken);
            await responses.WriteAsync(new EmbedStreamResponse
            {
                Id = requests.Current.Id,
                Result = ScriptedClipService.EmbedOne(requests.Current.Input, null),
            });
            throw new RpcException(new Status(StatusCode.Internal, "broken"));
        };
        using var client = server.CreateClient();

        var got = 0;
        var error = await Assert.ThrowsAsync<ClipClientException>(async () =>
        {
            await foreach (var result in client.EmbedStreamAsync(Endless(), cancellationToken: token))
                got++;
        });

        Assert.Equal(1, got);
        Assert.Equal((StatusCode.Internal, "broken"), (error.StatusCode, error.Message));
    }

    [Fact(Timeout = 120_000)]
    public async Task EmbedStreamAsync_ConnectionBreaksDuringAWrite_IsTheStatusOfTheCall()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbedStream = async (_, _, context) =>
        {
            // So much of the item has come that its write is under way, and cannot end: the rest exceeds the window.
            var body = context.GetHttpContext().Request.BodyReader;
            while ((await body.ReadAsync(context.CancellationToken)).Buffer is { Length: < 100_000 } buffer)
                body.AdvanceTo(buffer.Start, buffer.End);
            server.AbortConnections();
        };
        using var client = server.CreateClient(options => options.MaxAttempts = 1);
        var items = new[] { new EmbedStreamItem("1", ClipImage.FromBytes(new byte[10_000_000])) }.ToAsyncEnumerable();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            async () => await client.EmbedStreamAsync(items, cancellationToken: token).ToArrayAsync(token));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_CallerLeaves_EndsTheCallAtTheServer()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var gone = new TaskCompletionSource();
        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            context.CancellationToken.Register(() => gone.TrySetResult());
            await requests.MoveNext(context.CancellationToken);
            await requests.MoveNext(context.CancellationToken);
            await responses.WriteAsync(new EmbedStreamResponse
            {
                Id = requests.Current.Id,
                Result = ScriptedClipService.EmbedOne(requests.Current.Input, null),
            });
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var client = server.CreateClient();

        await foreach (var result in client.EmbedStreamAsync(Endless(), cancellationToken: token))
            break;

        await gone.Task.WaitAsync(ScriptedServer.Patience, token);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_Cancelled_ThrowsOperationCanceled()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var result in client.EmbedStreamAsync(Endless(), cancellationToken: cancel.Token))
                await cancel.CancelAsync();
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedStreamAsync_ReaderStops_SourceIsNotDrained()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var read = 0;
        async IAsyncEnumerable<EmbedStreamItem> Large()
        {
            for (; read < 2000; read++)
            {
                yield return new EmbedStreamItem("x", ClipImage.FromBytes(new byte[100_000]));
                await Task.Yield();
            }
        }

        server.Clip.OnEmbedStream = async (requests, responses, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await requests.MoveNext(context.CancellationToken);
            await responses.WriteAsync(new EmbedStreamResponse
            {
                Id = requests.Current.Id,
                Result = ScriptedClipService.EmbedOne(requests.Current.Input, null),
            });
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        await foreach (var result in client.EmbedStreamAsync(Large(), cancellationToken: token))
            break;

        Assert.InRange(read, 1, 1000);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyVideoAsync_Frames_AreAnsweredInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var frames = Enumerable.Range(0, 20).Select(i => new VideoFrame(
            (ulong)i,
            TimeSpan.FromMilliseconds(40 * i),
            i switch
            {
                3 => ClipImage.FromBytes("bad"u8.ToArray()),
                5 => ClipImage.FromFile("no/such.png"),
                _ => Image,
            }));
        var options = new VideoCallOptions { TopK = 1, Smoothing = 0.5f, DropPolicy = DropPolicy.Latest };

        var results = await client.ClassifyVideoAsync(
            frames.ToAsyncEnumerable(), Labels, options, token).ToArrayAsync(token);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (ulong)i), results.Select(result => result.FrameId));
        Assert.Equal(TimeSpan.FromMilliseconds(280), results[7].Timestamp);
        Assert.Equal([9ul, 19ul], results.Where(result => result.Dropped).Select(result => result.FrameId));
        Assert.Equal("inputs: this is bad.", results[3].Result!.Error!.Message);
        Assert.Contains("no/such.png", results[5].Result!.Error!.Message);
        Assert.Equal("cat", Assert.Single(results[0].Result!.Value.Predictions).Label);
        var config = server.Clip.LastVideo!;
        Assert.Equal((1u, 0.5f, V1.DropPolicy.Latest), (config.TopK, config.Smoothing, config.DropPolicy));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyVideoAsync_UnknownModel_Throws()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var frames = new[] { new VideoFrame(1, TimeSpan.Zero, Image) }.ToAsyncEnumerable();

        var error = await Assert.ThrowsAsync<ClipClientException>(async () => await client
            .ClassifyVideoAsync(frames, Labels, new VideoCallOptions { Model = "missing" }, token).ToArrayAsync(token));

        Assert.Equal((StatusCode.NotFound, "model: there is demo."), (error.StatusCode, error.Message));
    }

    private static async IAsyncEnumerable<EmbedStreamItem> Endless()
    {
        while (true)
        {
            yield return new EmbedStreamItem("x", "a");
            await Task.Yield();
        }
    }
}
