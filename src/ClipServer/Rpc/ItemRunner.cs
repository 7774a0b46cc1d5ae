using System.Runtime.ExceptionServices;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Embeds the inputs of one call side by side. A bad input is that item's error; an overload or a failure of the server
/// fails the call, so that retry policies see it, and takes back what still waits.
/// </summary>
internal sealed class ItemRunner(ClipMetrics metrics, InputBudget budget)
{
    public async Task<ItemOutcome[]> RunAsync(
        int count, Func<int, ItemInput> read, Func<int, string> field, ClipVariant variant, WorkContext context)
    {
        // One item has no neighbours that would have to be taken back.
        if (count == 1)
            return [await RunAsync(() => read(0), field(0), variant, context)];

        return await RunSideBySideAsync(count, read, field, variant, context);
    }

    /// <summary>One item of a stream: every error is its own, and a full queue makes it wait.</summary>
    public async Task<ItemOutcome> RunInStreamAsync(
        Func<ItemInput> read, string field, ClipVariant variant, WorkContext context)
    {
        try
        {
            return await RunAsync(read, field, variant, context with { WaitsForRoom = true });
        }
        catch (ClipException exception)
        {
            return new ItemOutcome(default, exception);
        }
    }

    private async Task<ItemOutcome[]> RunSideBySideAsync(
        int count, Func<int, ItemInput> read, Func<int, string> field, ClipVariant variant, WorkContext context)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var shared = context with { CancellationToken = failed.Token };
        var running = new Task<ItemOutcome>[count];
        Exception? failure = null;
        for (var i = 0; i < count; i++)
            running[i] = RunOneAsync(i);
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        return Array.ConvertAll(running, task => task.Result);

        async Task<ItemOutcome> RunOneAsync(int i)
        {
            try
            {
                return await RunAsync(() => read(i), field(i), variant, shared);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
                await failed.CancelAsync();
                throw;
            }
        }
    }

    /// <exception cref="ClipException">All but a bad input, which is the item's own error.</exception>
    private async Task<ItemOutcome> RunAsync(
        Func<ItemInput> read, string field, ClipVariant variant, WorkContext context)
    {
        ItemInput? input = null;
        try
        {
            input = read();
            var bytes = input.Bytes;
            metrics.ItemReceived(input.Kind, bytes);
            var embedding = await EmbedAsync(input, bytes, variant, context);
            CountAnswered(input.Kind, embedding.Timings, variant);
            return new ItemOutcome(embedding, null);
        }
        catch (ClipException exception)
        {
            metrics.ItemFailed(exception.Code);
            if (exception.Code != ClipErrorCode.InvalidInput)
                throw;

            // What reads an input names the very field; what embeds it knows only that it is bad.
            return new ItemOutcome(default, input is null ? exception : exception.At(field));
        }
    }

    private async Task<ItemEmbedding> EmbedAsync(ItemInput input, int bytes, ClipVariant variant, WorkContext context)
    {
        await budget.EnterAsync(bytes, context);
        try
        {
            return await variant.EmbedAsync(input, context);
        }
        finally
        {
            budget.Leave(bytes);
        }
    }

    private void CountAnswered(ItemKind kind, in ItemTimings timings, ClipVariant variant)
    {
        metrics.ItemAnswered(variant.Name, kind);
        if (timings.BatchSize > 0)
            metrics.ItemPrepared(kind, timings.Preprocess);
        if (kind == ItemKind.Text)
            metrics.CacheAsked("text", hit: timings.BatchSize == 0);
    }

    public static ItemTimings Slowest(ReadOnlySpan<ItemOutcome> outcomes)
    {
        var slowest = default(ItemTimings);
        foreach (var outcome in outcomes)
            slowest = slowest.Max(outcome.Embedding.Timings);
        return slowest;
    }
}
