using System.Collections.Concurrent;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Texts;
using ClipGrpc.Tests.Batching;

namespace ClipGrpc.Tests.Serving;

/// <summary>A text is a number, its only token; the plug is "0".</summary>
public sealed class TextEmbedderTests : BatchingTest
{
    private static readonly string LongText = new string('0', 2_000) + "7";

    private readonly ConcurrentQueue<string> _tokenized = new();
    private readonly ManualResetEventSlim _tokenizing = new(initialState: true);
    private TextEmbedder? _embedder;

    private TextEmbedder Embedder => _embedder ??= Make(1 << 20);

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_Again_ComesFromTheCache()
    {
        Device.Open();
        var first = await EmbedAsync("7").WaitAsync(Limit);
        var second = await EmbedAsync("7").WaitAsync(Limit);
        Assert.Equal([7f, 14f], first.Vector.ToArray());
        Assert.Equal(first.Vector.ToArray(), second.Vector.ToArray());
        Assert.Equal((7.5f, 9, true, 1), (first.Norm, first.TokenCount, first.Truncated, first.BatchSize));
        Assert.Equal((7.5f, 9, true, 0), (second.Norm, second.TokenCount, second.Truncated, second.BatchSize));
        Assert.Single(Device.Batches);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_LongText_IsTokenizedBesideTheCaller()
    {
        Device.Open();
        _tokenizing.Reset();

        // Returns although the tokenizer is held up.
        var embedding = EmbedAsync(LongText);
        Assert.False(embedding.IsCompleted);
        _tokenizing.Set();

        Assert.Equal(7, (await embedding.WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task RejectLongAsync_LongText_IsTokenizedBesideTheCallerAndRefused()
    {
        _tokenizing.Reset();

        var rejected = Embedder.RejectLongAsync(LongText, default).AsTask();
        Assert.False(rejected.IsCompleted);
        _tokenizing.Set();

        var error = await Assert.ThrowsAsync<ClipException>(() => rejected.WaitAsync(Limit));
        Assert.Contains("9 tokens; the maximum is 1", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task RejectLongAsync_TextReadOnlyPartly_StatesTheLeastNumberOfTokens()
    {
        var embedder = Make(0, _ => new TokenizedText([7], 78) { ReadPartly = true });

        var error = await Assert.ThrowsAsync<ClipException>(
            () => embedder.RejectLongAsync("7", default).AsTask().WaitAsync(Limit));

        Assert.Contains("at least 78 tokens; the maximum is 1", error.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_TextWhoseRoomWasChecked_IsTokenizedOnce()
    {
        Device.Open();
        var context = new WorkContext(WorkPriority.Interactive, null, default);

        var prepared = await Embedder.CheckRoomAsync("7", context);
        var embedding = await Embedder.EmbedAsync("7", context, prepared).AsTask().WaitAsync(Limit);

        Assert.Equal((7, 9), (embedding.Vector.Span[0], embedding.TokenCount));
        Assert.Equal(["7"], _tokenized);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_LongTextOfACallerWhoLeft_GivesItsPlaceBack()
    {
        Device.Open();
        _tokenizing.Reset();
        using var caller = new CancellationTokenSource();
        Task<EmbeddingResult>[] left =
        [
            .. Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(i =>
                EmbedAsync(new string('0', 2_000 + i) + "7", token: caller.Token)),
        ];
        await caller.CancelAsync();
        foreach (var task in left)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Limit));
        _tokenizing.Set();

        Assert.Equal(7, (await EmbedAsync(LongText).WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_SameTextInFlight_RunsOnce()
    {
        await PlugAsync();
        Task<EmbeddingResult>[] tasks = [.. Enumerable.Range(0, 20).Select(_ => EmbedAsync("7"))];
        var other = EmbedAsync("8");
        Device.Release(2);
        await NextBatchIsAsync(7, 8);
        foreach (var embedding in await Task.WhenAll(tasks).WaitAsync(Limit))
            Assert.Equal(7, embedding.Vector.Span[0]);
        Assert.Equal(8, (await other.WaitAsync(Limit)).Vector.Span[0]);
        Assert.Equal(["0", "7", "8"], _tokenized);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_OneOfTwoWaitersGone_TheOtherIsAnswered()
    {
        await PlugAsync();
        using var first = new CancellationTokenSource();
        var gone = EmbedAsync("7", token: first.Token);
        var stays = EmbedAsync("7");
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        Device.Release(2);
        Assert.Equal(7, (await stays.WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_AllWaitersGone_IsNeverRunAndALaterOneStartsAnew()
    {
        await PlugAsync();
        using var callers = new CancellationTokenSource();
        Task<EmbeddingResult>[] gone = [EmbedAsync("7", token: callers.Token), EmbedAsync("7", token: callers.Token)];
        await callers.CancelAsync();
        foreach (var task in gone)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Limit));
        Assert.Equal(DropReason.Cancelled, Assert.Single(Observer.Dropped));

        var later = EmbedAsync("7");
        Device.Release(2);
        await NextBatchIsAsync(7);
        Assert.Equal(7, (await later.WaitAsync(Limit)).Vector.Span[0]);
        Assert.Equal(["0", "7", "7"], _tokenized);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_LaterDeadlineJoins_TheEntryWaitsForIt()
    {
        await PlugAsync();
        var hasty = EmbedAsync("7", deadline: In(1));
        var patient = EmbedAsync("7", deadline: In(10));
        Clock.Advance(TimeSpan.FromSeconds(5));
        Device.Release(2);
        Assert.Equal(7, (await patient.WaitAsync(Limit)).Vector.Span[0]);
        Assert.Equal(7, (await hasty.WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_LatestDeadlinePasses_AllAreToldAndNothingIsRun()
    {
        await PlugAsync();
        Task<EmbeddingResult>[] tasks = [EmbedAsync("7", deadline: In(1)), EmbedAsync("7", deadline: In(2))];
        Clock.Advance(TimeSpan.FromSeconds(2));
        Device.Open();
        foreach (var task in tasks)
            await FailsAsync(task, ClipErrorCode.DeadlineExceeded);
        Assert.Single(Device.Batches);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_BatchFails_AllAreToldAndTheFailureIsNotKept()
    {
        await PlugAsync();
        Task<EmbeddingResult>[] tasks = [EmbedAsync("7"), EmbedAsync("7")];
        var failures = 0;
        Device.OnRun = inputs =>
        {
            if (inputs.Contains(7) && failures++ == 0)
                throw new InvalidOperationException("the device is gone");
        };
        Device.Open();
        foreach (var task in tasks)
            await FailsAsync(task, ClipErrorCode.Internal);
        Assert.Equal(7, (await EmbedAsync("7").WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_TokenizerRefuses_IsTheCallersErrorAndTheNextCallWorks()
    {
        Device.Open();
        await FailsAsync(EmbedAsync("bad"), ClipErrorCode.InvalidInput);
        await FailsAsync(EmbedAsync("bad"), ClipErrorCode.InvalidInput);
        Assert.Equal(7, (await EmbedAsync("7").WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EmbedAsync_InteractiveWhileBulkIsInFlight_DoesNotWaitForBulk()
    {
        await PlugAsync();
        Task<EmbeddingResult>[] bulk =
            [.. Enumerable.Range(1, 8).Select(n => EmbedAsync($"{n}", priority: WorkPriority.Bulk))];
        var interactive = EmbedAsync("8");
        var bulkJoinsInteractive = EmbedAsync("8", priority: WorkPriority.Bulk);
        Device.Release(2);
        await NextBatchIsAsync(8, 1, 2, 3);
        Assert.Equal(8, (await interactive.WaitAsync(Limit)).Vector.Span[0]);
        Assert.Equal(8, (await bulkJoinsInteractive.WaitAsync(Limit)).Vector.Span[0]);
        Device.Open();
        await Task.WhenAll(bulk).WaitAsync(Limit);
    }

    [Fact(Timeout = 60_000)]
    public async Task EmbedAsync_RandomCallersAndCancellations_EveryCallEndsWithItsOwnResult()
    {
        _embedder = Make(cacheBytes: 2000); // a handful of texts
        Device.Gated = false;
        var answered = 0;
        var cancelled = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 2000; i++)
            {
                var n = random.Next(1, 30);
                using var caller = new CancellationTokenSource();
                var task = EmbedAsync($"{n}", token: caller.Token);
                if (random.Next(2) == 0)
                    await caller.CancelAsync();
                try
                {
                    Assert.Equal(n, (await task.WaitAsync(Limit)).Vector.Span[0]);
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        }))).WaitAsync(Limit);
        Assert.Equal(32_000, answered + cancelled);
        Assert.InRange(_tokenized.Count, 29, answered - 1); // shared or from the cache
        Assert.True(cancelled > 0);
    }

    private TextEmbedder Make(long cacheBytes, Func<string, TokenizedText>? tokenize = null)
    {
        var queue = Scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<int>>
        {
            Name = "texts",
            CreateEncoder = () => new OneTokenEncoder(Device.Create()),
        });
        return new TextEmbedder(queue, tokenize ?? Tokenize, new TextCacheOptions { MaxBytes = cacheBytes }, Clock);
    }

    private TokenizedText Tokenize(string text)
    {
        _tokenizing.Wait(Limit);
        _tokenized.Enqueue(text);
        return int.TryParse(text, out var token)
            ? new TokenizedText([token], 9)
            : throw new ClipException(ClipErrorReason.InvalidField, "not a number");
    }

    private async Task PlugAsync()
    {
        _ = EmbedAsync("0");
        await NextBatchIsAsync(0);
    }

    private Task<EmbeddingResult> EmbedAsync(
        string text,
        WorkPriority priority = WorkPriority.Interactive,
        DateTimeOffset? deadline = null,
        CancellationToken token = default) =>
        Embedder.EmbedAsync(text, new WorkContext(priority, deadline, token)).AsTask();

    private sealed class OneTokenEncoder(IEncoder<int> inner) : IEncoder<ReadOnlyMemory<int>>
    {
        public int Dimensions => inner.Dimensions;

        public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> inputs, Span<float> embeddings, Span<float> norms)
        {
            var tokens = new int[inputs.Length];
            for (var i = 0; i < tokens.Length; i++)
                tokens[i] = inputs[i].Span[0];
            inner.Encode(tokens, embeddings, norms);
        }

        public void Dispose() => inner.Dispose();
    }
}
