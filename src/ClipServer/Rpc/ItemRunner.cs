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
        if (count != 1)
            return await RunSideBySideAsync(count, read, model, context);

        // One item has no neighbours that would have to be taken back.
        var result = await RunAsync(() => read(0), model, context);
        if (result.Error is { IsItemError: false } failure)
            ExceptionDispatchInfo.Throw(failure);
        return [result];
    }

    /// <summary>One item of a stream: every error is its own, and a full queue makes it wait.</summary>
    public Task<ItemResult> RunInStreamAsync(Func<ItemInput> read, RunningModel model, WorkContext context) =>
        RunAsync(read, model, context with { WaitsForRoom = true });

    /// <summary>The views of one frame of a stream: every error is its own, and a full queue makes it wait.</summary>
    public async Task<(EmbeddedViews Views, ClipException? Error)> RunFrameAsync(
        Func<ItemInput> read, ViewChoice choose, RunningModel model, WorkContext context)
    {
        ItemInput? input = null;
        try
        {
            input = Receive(read);
            var embedded = await model.EmbedViewsAsync(input, choose, context with { WaitsForRoom = true });
            foreach (var view in embedded.Views)
            {
                if (view is { } embedding)
                    CountEmbedded(input, embedding, model);
            }

            return (embedded, null);
        }
        catch (ClipException exception)
        {
            return (default, ErrorOf(input, exception));
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
                var result = await RunAsync(() => read(i), model, shared);
                if (result.Error is { IsItemError: false } error)
                    await FailAsync(error);
                return result;
            }
            catch (Exception exception)
            {
                await FailAsync(exception);
                throw;
            }
        }

        Task FailAsync(Exception exception)
        {
            Interlocked.CompareExchange(ref failure, exception, null);
            return failed.CancelAsync();
        }
    }

    /// <summary>
    /// Every error is a result here: an overloaded server rejects many items, and each time that an error is caught and
    /// thrown again takes several microseconds.
    /// </summary>
    private async Task<ItemResult> RunAsync(Func<ItemInput> read, RunningModel model, WorkContext context)
    {
        ItemInput? input = null;
        try
        {
            input = Receive(read);
            var embedding = await model.EmbedAsync(input, context);
            CountEmbedded(input, embedding, model);
            return new ItemResult(embedding, null);
        }
        catch (ClipException exception)
        {
            return new ItemResult(default, ErrorOf(input, exception));
        }
    }

    private ItemInput Receive(Func<ItemInput> read)
    {
        var input = read();
        metrics.ItemReceived(input.Kind, input.Bytes);
        return input;
    }

    /// <param name="input">Null: it could not be read.</param>
    private ClipException ErrorOf(ItemInput? input, ClipException exception)
    {
        metrics.ItemFailed(exception.Code);

        // What reads an input names the very field; what embeds it knows only that it is bad.
        return exception.IsItemError && input?.Field is { } field ? exception.At(field) : exception;
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
