using ClipGrpc.Client;
using ClipGrpc.FunctionalTests.Hosting;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>The server's process is killed, or told to stop, under load, and started again at the same port.</summary>
public sealed class ClipClientRestartTests
{
    private const int Texts = 1600;
    private const int Images = 200;

    [Theory(Timeout = 180_000)]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task EmbedAsync_ServerRestarts_LosesNothing(string signal)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ServerProcess.StartNewAsync();
        var lost = 0;
        using var client = ClipClient.ForAddress(server.Address, options =>
        {
            options.MaxItemsPerCall = 16;
            options.Timeout = ServerProcess.Patience;
            options.OnServerLost = _ => Interlocked.Increment(ref lost);
        });
        var started = new Trigger(Texts / 4);
        var options = new EmbedCallOptions { OnCallFailure = CallFailure.PerItem };
        var restarting = started.Reached.ContinueWith(_ => server.RestartAsync(signal), token).Unwrap();

        var results = await UnlessFailedAsync(restarting, client.EmbedAsync(
            started.Count(UntilBackAsync(Texts, restarting)).Select(i => (ClipInput)Text(i)),
            options,
            token).ToArrayAsync(token));

        Assert.DoesNotContain(results, result => !result.IsSuccess);
        Assert.InRange(results.Length, Texts, int.MaxValue);
        Assert.Equal(1, lost);
        await AssertInOrderAsync(client, results);
    }

    [Fact(Timeout = 180_000)]
    public async Task EmbedAsync_TwoServersRestartInTurn_LosesNothing()
    {
        var token = TestContext.Current.CancellationToken;
        await using var first = await ServerProcess.StartNewAsync();
        await using var second = await ServerProcess.StartNewAsync();
        using var client = ClipClient.Create(new ClipClientOptions
        {
            Addresses = { first.Address, second.Address },
            MaxItemsPerCall = 16,
            Timeout = ServerProcess.Patience,
        });
        var started = new Trigger(Texts / 4);
        var restarting = started.Reached.ContinueWith(
            async _ =>
            {
                await first.RestartAsync("KILL");
                await second.RestartAsync("TERM");
            },
            token).Unwrap();

        var results = await UnlessFailedAsync(restarting, client.EmbedAsync(
            started.Count(UntilBackAsync(Texts, restarting)).Select(i => (ClipInput)Text(i)),
            new EmbedCallOptions { OnCallFailure = CallFailure.PerItem },
            token).ToArrayAsync(token));

        Assert.DoesNotContain(results, result => !result.IsSuccess);
        await AssertInOrderAsync(client, results);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task ClassifyAsync_ServerRestarts_MakesTheLabelSetAgain(string signal)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ServerProcess.StartNewAsync();
        using var client = ClipClient.ForAddress(server.Address, options =>
        {
            options.MaxItemsPerCall = 4;
            options.Timeout = ServerProcess.Patience;
        });
        var labels = await client.CreateLabelSetAsync(new ClipLabels(["cat", "dog"]), cancellationToken: token);
        var started = new Trigger(Images / 4);
        var restarting = started.Reached.ContinueWith(_ => server.RestartAsync(signal), token).Unwrap();
        var image = ClipImage.FromFile(Make.DataPath("images", "cat.jpg"));

        var results = await UnlessFailedAsync(restarting, client.ClassifyAsync(
            started.Count(UntilBackAsync(Images, restarting)).Select(_ => image),
            labels,
            new ClassifyCallOptions { OnCallFailure = CallFailure.PerItem },
            token).ToArrayAsync(token));

        Assert.DoesNotContain(results, result => !result.IsSuccess);
        Assert.All(results, result => Assert.Equal("dog", result.Value.Predictions[0].Label));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("KILL", Ordering.Completion)]
    [InlineData("TERM", Ordering.Input)]
    public async Task EmbedStreamAsync_ServerRestarts_LosesAndRepeatsNothing(string signal, Ordering ordering)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ServerProcess.StartNewAsync();
        using var client = ClipClient.ForAddress(server.Address);
        var started = new Trigger(Texts / 4);
        var restarting = started.Reached.ContinueWith(_ => server.RestartAsync(signal), token).Unwrap();
        var sent = 0;
        var items = started.Count(UntilBackAsync(Texts, restarting)).Select(i =>
        {
            sent = i + 1;
            return new EmbedStreamItem($"{i}", Text(i));
        });

        var results = await UnlessFailedAsync(restarting, client.EmbedStreamAsync(
            items, new EmbedCallOptions { Ordering = ordering }, token).ToArrayAsync(token));

        var ids = results.Select(result => int.Parse(result.Id));
        Assert.Equal(Enumerable.Range(0, sent), ordering == Ordering.Input ? ids : ids.Order());
        Assert.DoesNotContain(results, result => !result.Result.IsSuccess);
        await AssertInOrderAsync(
            client, [.. results.OrderBy(result => int.Parse(result.Id)).Select(result => result.Result)]);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task ClassifyVideoAsync_ServerRestarts_GivesEachFrameOnce(string signal)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ServerProcess.StartNewAsync();
        using var client = ClipClient.ForAddress(server.Address);
        var started = new Trigger(Images / 4);
        var restarting = started.Reached.ContinueWith(_ => server.RestartAsync(signal), token).Unwrap();
        var image = ClipImage.FromFile(Make.DataPath("images", "cat.jpg"));
        var sent = 0;
        var frames = started.Count(UntilBackAsync(Images, restarting)).Select(i =>
        {
            sent = i + 1;
            return new VideoFrame((ulong)i, TimeSpan.FromMilliseconds(i), image);
        });

        var results = await UnlessFailedAsync(restarting, client.ClassifyVideoAsync(
            frames, new ClipLabels(["cat", "dog"]), cancellationToken: token).ToArrayAsync(token));

        Assert.Equal(Enumerable.Range(0, sent).Select(i => (ulong)i), results.Select(result => result.FrameId));
        Assert.DoesNotContain(results, result => !result.Result!.IsSuccess);
    }

    private static string Text(int item) => $"text {item % 100}";

    // At least so many, and on until the server is back, so that calls are under way all the time.
    private static async IAsyncEnumerable<int> UntilBackAsync(int items, Task restarting)
    {
        for (var item = 0; item < items || !restarting.IsCompleted; item++)
        {
            yield return item;
            if (item % 50 == 0)
                await Task.Yield();
        }
    }

    // Without a server the client would wait for longer than the test may take, and nobody would learn why.
    private static async Task<T> UnlessFailedAsync<T>(Task restarting, ValueTask<T> run)
    {
        var running = run.AsTask();
        if (await Task.WhenAny(running, restarting) == restarting)
            await restarting;
        return await running;
    }

    /// <summary>Each vector is that of its text; there are a hundred different texts.</summary>
    private static async Task AssertInOrderAsync(ClipClient client, ClipResult<ClipEmbedding>[] results)
    {
        var token = TestContext.Current.CancellationToken;
        var expected = await client.EmbedTextsAsync(
            Enumerable.Range(0, 100).Select(Text), cancellationToken: token);
        for (var i = 0; i < results.Length; i++)
        {
            var similarity = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(
                expected[i % 100].Value.Vector.Span, results[i].Value.Vector.Span);
            Assert.InRange(similarity, 0.9999f, 1.0001f);
        }
    }

    /// <summary>Notices that a number of items was taken.</summary>
    private sealed class Trigger(int items)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public async IAsyncEnumerable<int> Count(IAsyncEnumerable<int> source)
        {
            await foreach (var item in source)
            {
                if (item == items)
                    _reached.TrySetResult();
                yield return item;
            }
        }
    }
}
