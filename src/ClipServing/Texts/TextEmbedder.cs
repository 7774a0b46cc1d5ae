using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Texts;

/// <summary>
/// The text side of one variant: looks into its cache, joins a text that is in flight already, or tokenizes it and puts
/// it into the lane. Failures are told to all who wait and not kept.
/// </summary>
internal sealed class TextEmbedder
{
    // Well below a millisecond; most texts are far shorter.
    private const int LongestInline = 1_024;

    // For all models: they share the cores. A call may bring megabytes of text, which take seconds; half of the cores
    // stay free for the calls beside it.
    private static readonly SemaphoreSlim LongTexts = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly BatchLane<ReadOnlyMemory<int>> _lane;
    private readonly Func<string, TokenizedText> _tokenize;
    private readonly TimeProvider _time;
    private readonly TextEmbeddingCache _cache;
    private readonly Lock _lock = new();

    // By priority too: an interactive caller must not wait for an entry in the bulk queue.
    private readonly Dictionary<(string Text, WorkPriority Priority), SharedText> _inFlight = [];
    private long _hits;
    private long _misses;
    private long _joined;

    public TextEmbedder(
        BatchLane<ReadOnlyMemory<int>> lane,
        Func<string, TokenizedText> tokenize,
        TextCacheOptions options,
        TimeProvider time)
    {
        _lane = lane;
        _tokenize = tokenize;
        _time = time;
        _cache = new TextEmbeddingCache(options.MaxBytes);
    }

    /// <summary>Texts answered from the cache.</summary>
    public long CacheHits => Interlocked.Read(ref _hits);

    /// <summary>Texts put into the lane.</summary>
    public long CacheMisses => Interlocked.Read(ref _misses);

    /// <summary>Texts that waited for the same text of another caller.</summary>
    public long Joined => Interlocked.Read(ref _joined);

    public long CacheBytes => _cache.Bytes;

    /// <exception cref="ClipException">As of the lane and the tokenizer.</exception>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public async ValueTask<TextEmbedding> EmbedAsync(string text, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            if (_cache.TryGet(text, out var cached))
            {
                Interlocked.Increment(ref _hits);
                return Result(cached, default, default);
            }

            var shared = JoinOrStart(text, context, out var started);
            try
            {
                return await WaitAsync(shared, context.CancellationToken);
            }
            catch (ClipException exception) when (!started && FailedForDeadline(exception) && IsInTime(context))
            {
                // The one it had joined failed for another caller's deadline, before this one's could be added.
            }
        }
    }

    /// <summary>Refuses a text that would be cut.</summary>
    /// <exception cref="ClipException">InvalidInput, with both counts.</exception>
    public async ValueTask RejectLongAsync(string text, CancellationToken cancellationToken)
    {
        var tokens = await TokenizeAsync(text, cancellationToken);
        if (tokens.Truncated)
        {
            throw new ClipException(
                ClipErrorCode.InvalidInput,
                $"The text has {tokens.TokenCount:N0} tokens; the model takes {tokens.Ids.Length:N0}.");
        }
    }

    private static bool FailedForDeadline(ClipException exception) =>
        exception.Code is ClipErrorCode.DeadlineExceeded or ClipErrorCode.Overloaded;

    private bool IsInTime(WorkContext context) => context.Deadline is not { } time || time > _time.GetUtcNow();

    private SharedText JoinOrStart(string text, WorkContext context, out bool started)
    {
        SharedText? shared;
        lock (_lock)
        {
            if (_inFlight.TryGetValue((text, WorkPriority.Interactive), out shared)
                || _inFlight.TryGetValue((text, context.Priority), out shared))
            {
                Join(shared, context);
                started = false;
                return shared;
            }

            shared = new SharedText(text, context);
            _inFlight.Add((text, context.Priority), shared);
        }

        started = true;
        Interlocked.Increment(ref _misses);
        _ = RunAsync(shared);
        return shared;
    }

    private void Join(SharedText shared, WorkContext context)
    {
        Interlocked.Increment(ref _joined);
        shared.Waiters++;
        if (shared.ExtendDeadline(context.Deadline) && shared.Item is { } item)
            _lane.ExtendDeadline(item, context.Deadline);
    }

    private async Task<TextEmbedding> WaitAsync(SharedText shared, CancellationToken token)
    {
        try
        {
            return await shared.Task.WaitAsync(token);
        }
        finally
        {
            Leave(shared);
        }
    }

    private void Leave(SharedText shared)
    {
        lock (_lock)
        {
            if (--shared.Waiters > 0)
                return;
            Remove(shared); // whoever comes now starts anew
        }

        shared.Abandon();
    }

    /// <summary>Throws nothing: the outcome goes to the waiters.</summary>
    private async Task RunAsync(SharedText shared)
    {
        try
        {
            var started = _time.GetTimestamp();
            var tokens = await TokenizeAsync(shared.Text, shared.Abandoned);
            var tokenized = _time.GetElapsedTime(started);
            var encoded = await Submit(shared, tokens);
            var kept = new CachedText(encoded.Embedding.ToArray(), encoded.Norm, tokens.TokenCount, tokens.Truncated);
            _cache.Set(shared.Text, kept);
            shared.Succeed(Result(kept, tokenized, encoded));
        }
        catch (Exception exception)
        {
            shared.Fail(exception);
        }
        finally
        {
            lock (_lock)
                Remove(shared);
        }
    }

    private ValueTask<TokenizedText> TokenizeAsync(string text, CancellationToken cancellationToken) =>
        text.Length <= LongestInline ? new(_tokenize(text)) : new(TokenizeLongAsync(text, cancellationToken));

    /// <summary>Off the caller's thread, which has other calls to read.</summary>
    private async Task<TokenizedText> TokenizeLongAsync(string text, CancellationToken cancellationToken)
    {
        await LongTexts.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => _tokenize(text), cancellationToken);
        }
        finally
        {
            LongTexts.Release();
        }
    }

    private Task<EncodedItem> Submit(SharedText shared, TokenizedText tokens)
    {
        DateTimeOffset? deadline;
        lock (_lock)
            deadline = shared.Deadline;
        var item = _lane.Submit(
            tokens.Ids, new WorkContext(shared.Priority, deadline, shared.Abandoned));
        lock (_lock)
        {
            shared.Item = item;
            if (shared.Deadline != deadline)
                _lane.ExtendDeadline(item, shared.Deadline);
        }

        return item.Task;
    }

    private void Remove(SharedText shared)
    {
        if (_inFlight.TryGetValue((shared.Text, shared.Priority), out var current) && current == shared)
            _inFlight.Remove((shared.Text, shared.Priority));
    }

    private static TextEmbedding Result(CachedText text, TimeSpan tokenized, EncodedItem encoded) => new(
        text.Embedding,
        text.Norm,
        text.TokenCount,
        text.Truncated,
        tokenized,
        encoded.Queued,
        encoded.Inference,
        encoded.BatchSize);
}
