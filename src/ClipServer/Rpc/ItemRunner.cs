using System.Runtime.ExceptionServices;
using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Engine;
using ClipGrpc.Server.Observability;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Embeds the inputs of one call side by side. A bad input is that item's error; an overload or a failure of the server
/// fails the call, so that retry policies see it, and takes back what still waits.
/// </summary>
internal sealed class ItemRunner(ClipMetrics metrics)
{
    public async Task<ItemOutcome[]> RunAsync(
        int count, Func<int, ItemInput> read, Func<int, string> field, ClipVariant variant, WorkContext context)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var shared = context with { CancellationToken = failed.Token };
        var running = new Task<ItemOutcome>[count];
        Exception? failure = null;
        for (var i = 0; i < count; i++) running[i] = RunOneAsync(i);
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);

        return await Task.WhenAll(running);

        async Task<ItemOutcome> RunOneAsync(int i)
        {
            try
            {
                return await RunAsync(() => read(i), field(i), variant, shared);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                await failed.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>One item of a stream: every error is its own, and a full queue makes it wait.</summary>
    public async Task<ItemOutcome> RunInStreamAsync(
        Func<ItemInput> read, string field, ClipVariant variant, WorkContext context)
    {
        try
        {
            return await RunAsync(read, field, variant, context with { WaitsForRoom = true });
        }
        catch (ClipException e)
        {
            return new ItemOutcome(default, e);
        }
    }

    private async Task<ItemOutcome> RunAsync(
        Func<ItemInput> read, string field, ClipVariant variant, WorkContext context)
    {
        try
        {
            var input = read();
            metrics.ItemReceived(input.Kind, input.Bytes);
            return new ItemOutcome(await EmbedAsync(input, field, variant, context), null);
        }
        catch (ClipException e)
        {
            metrics.ItemFailed(e.Code);
            if (e.Code != ClipErrorCode.InvalidInput) throw;

            return new ItemOutcome(default, e);
        }
    }

    private async Task<ItemEmbedding> EmbedAsync(
        ItemInput input, string field, ClipVariant variant, WorkContext context)
    {
        try
        {
            var embedding = await variant.EmbedAsync(input, context);
            metrics.ItemAnswered(variant.Name, input.Kind);
            if (embedding.Timings.BatchSize > 0) metrics.ItemPrepared(input.Kind, embedding.Timings.Preprocess);
            if (input.Kind == ItemKind.Text) metrics.CacheAsked("text", embedding.Timings.BatchSize == 0);
            return embedding;
        }
        catch (ClipException e) when (e.Code == ClipErrorCode.InvalidInput)
        {
            throw e.At(field);
        }
    }

    public static ItemTimings Slowest(ReadOnlySpan<ItemOutcome> outcomes)
    {
        var slowest = default(ItemTimings);
        foreach (var outcome in outcomes) slowest = slowest.Max(outcome.Embedding.Timings);
        return slowest;
    }
}
