using ClipGrpc.Models.Tokenizers;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Texts;

/// <summary>
/// The text side of one model: looks into its cache, joins the same text in flight, or tokenizes the text and submits
/// it. Failures go to all callers that wait and are not kept.
/// </summary>
internal sealed class TextEmbedder(
    TowerQueue<ReadOnlyMemory<int>> queue, Func<string, TokenizedText> tokenize, TextCacheOptions options,
    TimeProvider time)
{
    /// <summary>
    /// Objects around a text and its floats, 64-bit: string 22, array 24, list node 48, result 64, pair 24, dictionary
    /// entry and bucket at its usual load about 60.
    /// </summary>
    private const int Overhead = 242;

    // Well below a millisecond; most texts are far shorter, and most longer ones are not read much further.
    private const int LongestInline = 1_024;

    // For all models: they share the cores. A text without word ends can take long; half of the cores stay free for the
    // calls beside it.
    private static readonly SemaphoreSlim LongTexts = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly BoundedCache<string, EmbeddingResult> _cache = new(
        options.MaxBytes,
        (text, kept) => Overhead + sizeof(char) * (long)text.Length + sizeof(float) * (long)kept.Vector.Length);

    private readonly SingleFlight<string, EmbeddingResult> _inFlight = new(time);

    /// <param name="prepared">The text's tokens, if it has them already.</param>
    /// <exception cref="ClipException">As of the queue and the tokenizer.</exception>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public async ValueTask<EmbeddingResult> EmbedAsync(
        string text, WorkContext context, PreparedText? prepared = null)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        return _cache.TryGet(text, out var cached)
            ? cached
            : await _inFlight.RunAsync(text, context, work => RunAsync(text, prepared, work));
    }

    /// <summary>Tokens that the caller has made; the cache knows texts only.</summary>
    /// <exception cref="ClipException">As of the queue.</exception>
    public async Task<EmbeddingResult> EmbedAsync(ReadOnlyMemory<int> ids, WorkContext context)
    {
        var item = queue.Submit(ids, context);
        return (await item.Task) with { TokenCount = ids.Length };
    }

    /// <summary>Refuses a text that would be refused if it were submitted now.</summary>
    /// <exception cref="ClipException">As of the queue and the tokenizer.</exception>
    public async ValueTask<PreparedText> CheckRoomAsync(string text, WorkContext context)
    {
        var prepared = await PrepareAsync(text, context.CancellationToken);
        queue.CheckRoom(prepared.Tokens.Ids, context);
        return prepared;
    }

    /// <summary>Refuses a text that would be cut.</summary>
    /// <exception cref="ClipException">InvalidInput, with both counts.</exception>
    public async ValueTask<PreparedText> RejectLongAsync(string text, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(text, cancellationToken);
        var tokens = prepared.Tokens;
        if (tokens.Truncated)
        {
            throw new ClipException(
                ClipErrorReason.TooManyTokens,
                $"The text has {(tokens.ReadPartly ? "at least " : "")}{tokens.TokenCount:N0} tokens; "
                + $"the maximum is {tokens.Ids.Length:N0}.")
            {
                Metadata = ErrorMetadata.OverLimit(tokens.Ids.Length, tokens.TokenCount),
            };
        }

        return prepared;
    }

    private async Task<EmbeddingResult> RunAsync(string text, PreparedText? prepared, SharedWork work)
    {
        var (tokens, tokenized) = prepared ?? await PrepareAsync(text, work.Abandoned);
        var encoded = await Submit(tokens, work);
        var kept = new EmbeddingResult(encoded.Vector.ToArray(), encoded.Norm)
        {
            TokenCount = tokens.TokenCount,
            Truncated = tokens.Truncated,
        };
        _cache.Set(text, kept);
        return kept with
        {
            Preprocess = tokenized,
            Queued = encoded.Queued,
            Inference = encoded.Inference,
            BatchSize = encoded.BatchSize,
        };
    }

    private async ValueTask<PreparedText> PrepareAsync(string text, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var tokens = await TokenizeAsync(text, cancellationToken);
        return new PreparedText(tokens, time.GetElapsedTime(started));
    }

    private ValueTask<TokenizedText> TokenizeAsync(string text, CancellationToken cancellationToken) =>
        text.Length <= LongestInline ? new(tokenize(text)) : new(TokenizeLongAsync(text, cancellationToken));

    /// <summary>Off the caller's thread, which has other calls to read.</summary>
    private async Task<TokenizedText> TokenizeLongAsync(string text, CancellationToken cancellationToken)
    {
        await LongTexts.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => tokenize(text), cancellationToken);
        }
        finally
        {
            LongTexts.Release();
        }
    }

    private Task<EmbeddingResult> Submit(TokenizedText tokens, SharedWork work)
    {
        var context = work.Context;
        var item = queue.Submit(tokens.Ids, context);
        work.Follow(context, joined => queue.Join(item, joined));
        return item.Task;
    }
}
