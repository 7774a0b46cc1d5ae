using System.Runtime.CompilerServices;
using ClipGrpc.Client;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Batches of a source that takes its time.</summary>
public sealed class BatchDelayTests
{
    private static readonly EmbedCallOptions Options = new() { MaxBatchDelay = TimeSpan.FromSeconds(1) };

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_DelayHasPassed_SendsWhatThereIsAndGivesItOut()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.TimeProvider = _clock);
        await using var results = client.EmbedAsync(TwoAndLaterOneAsync(Cancelled), Options, Cancelled)
            .GetAsyncEnumerator(Cancelled);

        var first = results.MoveNextAsync().AsTask();
        await _asked.Task.WaitAsync(ScriptedServer.Patience, Cancelled);
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Empty(server.Clip.EmbedRequests);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await first.WaitAsync(ScriptedServer.Patience, Cancelled));
        Assert.Equal(1f, results.Current.Value.Vector.Span[0]);
        Assert.True(await results.MoveNextAsync().AsTask().WaitAsync(ScriptedServer.Patience, Cancelled));
        Assert.Equal(2f, results.Current.Value.Vector.Span[0]);

        _goOn.SetResult();
        Assert.True(await results.MoveNextAsync().AsTask().WaitAsync(ScriptedServer.Patience, Cancelled));
        Assert.Equal(3f, results.Current.Value.Vector.Span[0]);
        Assert.False(await results.MoveNextAsync().AsTask().WaitAsync(ScriptedServer.Patience, Cancelled));
        Assert.Equal([2, 1], server.Clip.EmbedRequests.Select(request => request.Inputs.Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassifyAsync_DelayHasPassed_GivesOutTheResult()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.TimeProvider = _clock);
        var images = TwoAndLaterOneAsync(Cancelled).Select(_ => ClipImage.FromBytes("payload"u8.ToArray()));
        var options = new ClassifyCallOptions { MaxBatchDelay = TimeSpan.FromSeconds(1) };
        await using var results = client.ClassifyAsync(images, new ClipLabels(["a"]), options, Cancelled)
            .GetAsyncEnumerator(Cancelled);

        var first = results.MoveNextAsync().AsTask();
        await _asked.Task.WaitAsync(ScriptedServer.Patience, Cancelled);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await first.WaitAsync(ScriptedServer.Patience, Cancelled));
        Assert.Equal("a", results.Current.Value.Predictions[0].Label);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_FullBatch_WaitsForNothing()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options =>
        {
            options.TimeProvider = _clock;
            options.MaxItemsPerCall = 1;
        });
        await using var results = client.EmbedAsync(TwoAndLaterOneAsync(Cancelled), Options, Cancelled)
            .GetAsyncEnumerator(Cancelled);

        Assert.True(await results.MoveNextAsync().AsTask().WaitAsync(ScriptedServer.Patience, Cancelled));

        Assert.Equal(1f, results.Current.Value.Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_CallerLeavesWhileTheSourceWaits_EndsTheSource()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options =>
        {
            options.TimeProvider = _clock;
            options.MaxItemsPerCall = 1;
        });

        await foreach (var _ in client.EmbedAsync(TwoAndLaterOneAsync(), Options, Cancelled))
            break;

        Assert.False(_goOn.Task.IsCompleted);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_SourceFailsAfterTheDelay_ThrowsItsException()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.CreateClient(options => options.TimeProvider = _clock);
        await using var results = client.EmbedAsync(TwoAndLaterOneAsync(Cancelled), Options, Cancelled)
            .GetAsyncEnumerator(Cancelled);
        var first = results.MoveNextAsync().AsTask();
        await _asked.Task.WaitAsync(ScriptedServer.Patience, Cancelled);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await first.WaitAsync(ScriptedServer.Patience, Cancelled);
        await results.MoveNextAsync();

        _goOn.SetException(new InvalidDataException("broken source"));

        var error = await Assert.ThrowsAsync<InvalidDataException>(async () => await results.MoveNextAsync());
        Assert.Equal("broken source", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_DelayOfZero_IsRefused()
    {
        using var client = ClipClient.ForAddress("http://localhost:1");
        var options = new EmbedCallOptions { MaxBatchDelay = TimeSpan.Zero };

        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => client.EmbedTextsAsync(["a"], options, Cancelled));

        Assert.Contains("MaxBatchDelay", error.Message);
    }

    private async IAsyncEnumerable<ClipInput> TwoAndLaterOneAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return "a";
        yield return "bb";
        _asked.SetResult();
        await _goOn.Task.WaitAsync(cancellationToken);
        yield return "ccc";
    }
}
