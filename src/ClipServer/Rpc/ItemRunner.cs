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
internal sealed class ItemRunner(ClipMetrics metrics)
{
    public async Task<ItemResult[]> RunAsync(
        int count, Func<int, ItemInput> read, RunningModel model, WorkContext context)
    {
        // One item has no neighbours that would have to be taken back.
        if (count == 1)
            return [await RunAsync(() => read(0), model, context)];

        return await RunSideBySideAsync(count, read, model, context);
    }

    /// <summary>One item of a stream: every error is its own, and a full queue makes it wait.</summary>
    public async Task<ItemResult> RunInStreamAsync(
        Func<ItemInput> read, RunningModel model, WorkContext context)
    {
        try
        {
            return await RunAsync(read, model, context with { WaitsForRoom = true });
        }
        catch (ClipException exception)
        {
            return new ItemResult(default, exception);
        }
    }

    /// <summary>The views of one frame of a stream: every error is its own, and a full queue makes it wait.</summary>
    public async Task<(EmbeddedViews Views, ClipException? Error)> RunFrameAsync(
        Func<ItemInput> read, ViewChoice choose, RunningModel model, WorkContext context)
    {
        try
        {
            return await RunAsync(
                read,
                async input =>
                {
                    var embedded = await model.EmbedViewsAsync(
                        input, choose, context with { WaitsForRoom = true });
                    foreach (var view in embedded.Views)
                    {
                        if (view is { } embedding)
                            CountEmbedded(input, embedding, model);
                    }

                    return embedded;
                });
        }
        catch (ClipException exception)
        {
            return (default, exception);
        }
    }

    private async Task<ItemResult[]> RunSideBySideAsync(
        int count, Func<int, ItemInput> read, RunningModel model, WorkContext context)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var shared = context with { CancellationToken = failed.Token, Group = new ItemGroup() };
        var running = new Task<ItemResult>[count];
        Exception? failure = null;
        for (var i = 0; i < count; i++)
            running[i] = RunOneAsync(i);
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        return Array.ConvertAll(running, task => task.Result);

        async Task<ItemResult> RunOneAsync(int i)
        {
            try
            {
                return await RunAsync(() => read(i), model, shared);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
                await failed.CancelAsync();
                throw;
            }
        }
    }

    /// <exception cref="ClipException">All but the item's own error.</exception>
    private async Task<ItemResult> RunAsync(Func<ItemInput> read, RunningModel model, WorkContext context)
    {
        var (embedding, error) = await RunAsync(
            read,
            async input =>
            {
                var embedding = await model.EmbedAsync(input, context);
                CountEmbedded(input, embedding, model);
                return embedding;
            });
        return new ItemResult(embedding, error);
    }

    /// <exception cref="ClipException">All but the item's own error.</exception>
    private async Task<(TResult Result, ClipException? Error)> RunAsync<TResult>(
        Func<ItemInput> read, Func<ItemInput, Task<TResult>> run)
        where TResult : struct
    {
        ItemInput? input = null;
        try
        {
            input = read();
            metrics.ItemReceived(input.Kind, input.Bytes);
            return (await run(input), null);
        }
        catch (ClipException exception)
        {
            metrics.ItemFailed(exception.Code);
            if (!exception.IsItemError)
                throw;

            // What reads an input names the very field; what embeds it knows only that it is bad.
            return (default, input?.Field is { } field ? exception.At(field) : exception);
        }
    }

    private void CountEmbedded(ItemInput input, in EmbeddingResult embedding, RunningModel model)
    {
        metrics.ItemCompleted(model.Name, input.Kind);
        if (input is TokensInput)
            return;

        if (embedding.BatchSize > 0)
            metrics.ItemPrepared(input.Kind, embedding.Preprocess);
        if (input.Kind == ItemKind.Text)
            metrics.CacheAsked("text", hit: embedding.BatchSize == 0);
    }
}
