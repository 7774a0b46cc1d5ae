using ClipGrpc.Client;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Client;

public sealed class ClipClientBatchTests
{
    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_MoreThanTheLimit_SplitsAndKeepsOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        var texts = Enumerable.Range(1, 23).Select(length => new string('x', length)).ToArray();

        var results = await client.EmbedTextsAsync(texts, cancellationToken: token);

        Assert.Equal(texts.Select(text => (float)text.Length), results.Select(result => result.Value.Vector.Span[0]));
        Assert.Equal([3, 4, 4, 4, 4, 4], server.Clip.EmbedRequests.Select(request => request.Inputs.Count).Order());
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_LaterCallsAnswerFirst_KeepsOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var first = new TaskCompletionSource();
        var count = 0;
        server.Clip.Before = async _ =>
        {
            // The first call answers after the third has come.
            var number = Interlocked.Increment(ref count);
            if (number == 3)
                first.SetResult();
            if (number == 1)
                await first.Task.WaitAsync(ScriptedServer.Patience);
        };
        using var client = server.CreateClient(options => options.MaxConcurrentCalls = 3);
        var texts = Enumerable.Range(1, 12).Select(length => new string('x', length)).ToArray();

        var results = await client.EmbedTextsAsync(texts, cancellationToken: token);

        Assert.Equal(texts.Select(text => (float)text.Length), results.Select(result => result.Value.Vector.Span[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_ManyCalls_KeepsToTheBound()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        var (now, most) = (0, 0);
        server.Clip.Before = async _ =>
        {
            var current = Interlocked.Increment(ref now);
            InterlockedMax(ref most, current);
            await Task.Yield();
            Interlocked.Decrement(ref now);
        };
        using var client = server.CreateClient(options =>
        {
            options.MaxConcurrentCalls = 2;
            options.MaxItemsPerCall = 1;
        });

        var results = await client.EmbedTextsAsync(Enumerable.Repeat("a", 40), cancellationToken: token);

        Assert.Equal(40, results.Count);
        Assert.Equal(40, server.Log.Count("Embed"));
        Assert.InRange(most, 1, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImagesAsync_LargeImages_SplitsByBytes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Limits = new Limits { MaxInputs = 100, MaxMessageBytes = 10_000 };
        using var client = server.CreateClient();
        var images = Enumerable.Range(0, 7).Select(_ => ClipImage.FromBytes(new byte[4000]));

        var results = await client.EmbedImagesAsync(images, cancellationToken: token);

        Assert.All(results, result => Assert.True(result.IsSuccess));
        Assert.Equal(4, server.Clip.EmbedRequests.Count);
        Assert.All(server.Clip.EmbedRequests, request => Assert.InRange(request.CalculateSize(), 1, 10_000));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImagesAsync_BadItems_AreValuesBetweenTheirNeighbours()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Models.Limits = new Limits { MaxInputs = 3, MaxMessageBytes = 10_000 };
        using var client = server.CreateClient();
        ClipImage[] images =
        [
            ClipImage.FromBytes("one"u8.ToArray()),
            ClipImage.FromFile("no/such.png"),
            ClipImage.FromBytes("bad"u8.ToArray()),
            ClipImage.FromBytes(new byte[20_000], "huge"),
            ClipImage.FromBytes("fifth"u8.ToArray()),
        ];

        var results = await client.EmbedImagesAsync(images, cancellationToken: token);

        Assert.Equal([true, false, false, false, true], results.Select(result => result.IsSuccess));
        Assert.Contains("no/such.png", results[1].Error!.Message);
        Assert.Equal("inputs: this is bad.", results[2].Error!.Message);
        Assert.Contains("huge is too large", results[3].Error!.Message);
        Assert.Equal(5f, results[4].Value.Vector.Span[0]);
        Assert.Throws<ClipClientException>(() => results[2].Value);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_OnlyUnreadable_MakesNoCall()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        var results = await client.EmbedImagesAsync([ClipImage.FromFile("no/such.png")], cancellationToken: token);

        Assert.False(Assert.Single(results).IsSuccess);
        Assert.Equal(0, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_SeveralBatches_AsksForTheLimitsOnce()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.EmbedTextsAsync(["a"], cancellationToken: token)));

        Assert.Equal(1, server.Log.Count("ListModels"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_LimitsFail_AreAskedForAgainNextTime()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        server.Models.Before = _ => throw new RpcException(new Status(StatusCode.Internal, "broken"));
        await Assert.ThrowsAsync<ClipClientException>(() => client.EmbedTextsAsync(["a"], cancellationToken: token));
        server.Models.Before = _ => { };

        Assert.Single(await client.EmbedTextsAsync(["a"], cancellationToken: token));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_LimitsShrink_SplitsToTheNewOnes()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        HoldLimits(server);
        using var client = server.CreateClient(options => options.MaxConcurrentCalls = 1);
        var texts = Enumerable.Range(1, 11).Select(length => new string('x', length)).ToArray();
        await client.EmbedTextsAsync(texts, cancellationToken: token);

        server.Models.Limits = new Limits { MaxInputs = 2, MaxMessageBytes = 32 * 1024 * 1024 };
        server.Clip.EmbedRequests.Clear();
        var results = await client.EmbedTextsAsync(texts, cancellationToken: token);

        Assert.Equal(texts.Select(text => (float)text.Length), results.Select(result => result.Value.Vector.Span[0]));
        Assert.Equal(2, server.Log.Count("ListModels"));
        // The first of four is refused, and maybe the next, which was filled meanwhile.
        Assert.InRange(server.Clip.EmbedRequests.Count(request => request.Inputs.Count > 2), 1, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedImagesAsync_MessagesMustBeSmaller_SplitsAndRefusesWhatDoesNotFit()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        HoldLimits(server);
        using var client = server.CreateClient();
        ClipImage[] images =
        [
            ClipImage.FromBytes(new byte[4000]),
            ClipImage.FromBytes(new byte[20_000]),
            ClipImage.FromBytes(new byte[5000]),
        ];
        await client.EmbedImagesAsync(images, cancellationToken: token);

        server.Models.Limits = new Limits { MaxInputs = 4, MaxMessageBytes = 10_000 };
        var results = await client.EmbedImagesAsync(images, cancellationToken: token);

        Assert.Equal([true, false, true], results.Select(result => result.IsSuccess));
        Assert.Contains("too large", results[1].Error!.Message);
        Assert.Equal(5000f, results[2].Value.Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_RefusedForAnotherReason_ThrowsIt()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "options: no."));
        using var client = server.CreateClient();

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextsAsync(["a", "b"], cancellationToken: token));

        Assert.Equal((StatusCode.InvalidArgument, "options: no."), (error.StatusCode, error.Message));
        Assert.Equal(1, server.Log.Count("Embed"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_AfterANewConnection_AsksForTheLimitsAgain()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        await client.EmbedTextsAsync(["a"], cancellationToken: token);

        // As a restart does, which nobody notices if the new limits are larger.
        server.Models.Limits = new Limits { MaxInputs = 100, MaxMessageBytes = 32 * 1024 * 1024 };
        server.AbortConnections();
        await client.EmbedTextAsync("a", cancellationToken: token);
        server.Clip.EmbedRequests.Clear();
        var results = await client.EmbedTextsAsync(Enumerable.Repeat("a", 20), cancellationToken: token);

        Assert.Equal(20, results.Count);
        Assert.Single(server.Clip.EmbedRequests);
        Assert.Equal(2, server.Log.Count("ListModels"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_FirstOfTwoBatchesCancelledWhileLimitsAreRequested_OtherSucceeds()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);
        var arrived = new TaskCompletionSource();
        using var answer = new ManualResetEventSlim();
        server.Models.Before = _ =>
        {
            arrived.TrySetResult();
            answer.Wait(ScriptedServer.Patience);
        };
        var first = client.EmbedTextsAsync(["a"], cancellationToken: cancel.Token);
        await arrived.Task.WaitAsync(ScriptedServer.Patience, token);
        var second = client.EmbedTextsAsync(["b"], cancellationToken: token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.Set();

        Assert.Single(await second);
        Assert.Equal(1, server.Log.Count("ListModels"));
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_OneCallFails_Throws()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = FailOn("xxxxxx");
        using var client = server.CreateClient();
        var texts = Enumerable.Range(1, 12).Select(length => new string('x', length));

        var error = await Assert.ThrowsAsync<ClipClientException>(
            () => client.EmbedTextsAsync(texts, cancellationToken: token));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedTextsAsync_OneCallFailsPerItem_OthersSucceed()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = FailOn("xxxxxx");
        using var client = server.CreateClient();
        var texts = Enumerable.Range(1, 12).Select(length => new string('x', length));

        var results = await client.EmbedTextsAsync(
            texts, new EmbedCallOptions { OnCallFailure = CallFailure.PerItem }, token);

        Assert.Equal([4, 5, 6, 7], results.Index().Where(entry => !entry.Item.IsSuccess).Select(entry => entry.Index));
        Assert.Equal(StatusCode.Internal, results[5].Error!.Code);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_CallerStopsEarly_ReadsNoFurther()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.MaxConcurrentCalls = 2);
        var read = 0;
        async IAsyncEnumerable<ClipInput> Endless()
        {
            while (true)
            {
                read++;
                yield return "a";
                await Task.Yield();
            }
        }

        await foreach (var result in client.EmbedAsync(Endless(), cancellationToken: token))
        {
            Assert.True(result.IsSuccess);
            break;
        }

        // Two calls of four items, and the item that begins the next.
        Assert.InRange(read, 4, 17);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("inputs[1]: not an image.", "not an image.")]
    [InlineData("inputs[1].image.raw.width: is 0.", "image.raw.width: is 0.")]
    [InlineData("inputs[11]: not mine.", "inputs[11]: not mine.")]
    public async Task EmbedTextsAsync_ErrorNamesItsPlaceInTheCall_LeavesThePlaceOut(string message, string expected)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        server.Clip.OnEmbed = request => new EmbedResponse
        {
            Results =
            {
                ScriptedClipService.EmbedOne(request.Inputs[0], null),
                new EmbedResult { Error = new Google.Rpc.Status { Code = 3, Message = message } },
            },
        };
        using var client = server.CreateClient(options => options.MaxItemsPerCall = 2);

        var results = await client.EmbedTextsAsync(["a", "b", "c", "d"], cancellationToken: token);

        Assert.Equal(
            [expected, expected],
            results.Where(result => !result.IsSuccess).Select(result => result.Error!.Message));
    }

    // Refuses what is over the limits, as a server does.
    private static void HoldLimits(ScriptedServer server) => server.Clip.OnEmbed = request =>
    {
        var limits = server.Models.Limits;
        if (request.Inputs.Count > limits.MaxInputs)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "inputs: too many."));
        if (request.CalculateSize() > limits.MaxMessageBytes)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "The message is too large."));

        return new EmbedResponse
        {
            Model = ScriptedClipService.Model,
            Results = { request.Inputs.Select(input => ScriptedClipService.EmbedOne(input, null)) },
        };
    };

    private static Func<EmbedRequest, EmbedResponse> FailOn(string text) => request =>
        request.Inputs.Any(input => input.Text == text)
            ? throw new RpcException(new Status(StatusCode.Internal, "broken"))
            : new EmbedResponse
            {
                Model = ScriptedClipService.Model,
                Results = { request.Inputs.Select(input => ScriptedClipService.EmbedOne(input, null)) },
            };

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value)
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
