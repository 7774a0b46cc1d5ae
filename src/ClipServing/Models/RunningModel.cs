using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Texts;

namespace ClipGrpc.Serving.Models;

/// <summary>A model that serves: its two towers and what it is.</summary>
internal sealed class RunningModel : IAsyncDisposable
{
    private readonly ImageEmbedder _images;
    private readonly TextEmbedder _texts;
    private readonly IReadOnlyList<TowerQueue> _queues;
    private readonly IDisposable _weights;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Holds nothing that needs disposal: no timer, no handle.
    private readonly CancellationTokenSource _stopped = new();

    private int _interrupted; // queues whose device is being restarted

    private int _open = 1; // inputs under way, and one until it ends

    private bool _ending;

    /// <param name="weights">Freed when the queues have ended, because their encoders use it in place.</param>
    public RunningModel(
        ModelInfo info, ImageEmbedder images, TextEmbedder texts, IReadOnlyList<TowerQueue> queues,
        IDisposable weights, TimeProvider time)
    {
        Info = info;
        _images = images;
        _texts = texts;
        _queues = queues;
        _weights = weights;
        _time = time;
        Failed = WatchAsync();
        foreach (var queue in queues)
            queue.Interrupted = Interrupt;
    }

    public ModelInfo Info { get; }

    public string Name => Info.Name;

    /// <summary>How long inputs may be on their way to the queues when it ends.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Fires when it takes no more work: it is being unloaded, or its runtime has failed for good.</summary>
    public CancellationToken Ending => _stopped.Token;

    /// <summary>Ends when the runtime has failed for good; is cancelled when the model ends without.</summary>
    public Task Failed { get; }

    /// <summary>
    /// Called with true when its device has failed and is being restarted, with false when it works again.
    /// </summary>
    public Action<bool>? Interrupted { get; set; }

    /// <exception cref="ClipException">Unavailable: it is being unloaded; and every error of the embedders.</exception>
    public async Task<EmbeddingResult> EmbedAsync(ItemInput input, WorkContext context)
    {
        Enter();
        try
        {
            return input switch
            {
                TextInput text => await EmbedTextAsync(text, context),
                TokensInput tokens => await _texts.EmbedAsync(tokens.Ids, context),
                _ => await _images.EmbedAsync(input, context),
            };
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc cref="ImageEmbedder.EmbedViewsAsync"/>
    public async Task<EmbeddedViews> EmbedViewsAsync(ItemInput image, ViewChoice choose, WorkContext context)
    {
        Enter();
        try
        {
            return await _images.EmbedViewsAsync(image, choose, context);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>What callers get when it takes no more work.</summary>
    public ClipException CreateEndError()
    {
        lock (_lock)
        {
            return new ClipException(
                _ending ? ClipErrorReason.ModelUnloading : ClipErrorReason.ModelFailed,
                _ending
                    ? $"The model \"{Name}\" is being unloaded."
                    : $"The model \"{Name}\" has failed; the server's log has the cause.")
            {
                Metadata = ErrorMetadata.Of(ErrorMetadata.Model, Name),
            };
        }
    }

    /// <summary>Refuses work that consists of many texts before any of it is begun.</summary>
    /// <returns>The first text with its tokens, for <see cref="EmbedAsync"/>.</returns>
    /// <exception cref="ClipException">What <see cref="EmbedAsync"/> of the first text would throw now.</exception>
    public async ValueTask<TextInput> CheckRoomAsync(TextInput first, WorkContext context) =>
        first with { Prepared = await _texts.CheckRoomAsync(first.Text, context) };

    /// <summary>Takes no new work, answers what was accepted, and frees the device and the weights.</summary>
    public async ValueTask DisposeAsync()
    {
        if (BeginEnd())
        {
            Leave();
            await _stopped.CancelAsync();
        }

        try
        {
            // Images that are still being decoded are accepted too, and the queues do not know of them yet.
            await _answered.Task.WaitAsync(DrainLimit, _time);
        }
        catch (TimeoutException)
        {
            // The queues turn them away.
        }

        await FreeAsync(_queues, _weights);
    }

    /// <summary>Ends queues, then frees the weights that their encoders use.</summary>
    public static async Task FreeAsync(IReadOnlyList<TowerQueue> queues, IDisposable weights)
    {
        await Task.WhenAll(queues.Select(queue => queue.DisposeAsync().AsTask()));

        // An encoder that is busy beyond the time limit still reads them: then they stay until the process ends.
        if (queues.All(queue => queue.Freed.IsCompleted))
            weights.Dispose();
    }

    private void Interrupt(bool begins)
    {
        lock (_lock)
        {
            _interrupted += begins ? 1 : -1;
            if (_interrupted == (begins ? 1 : 0))
                Interrupted?.Invoke(begins);
        }
    }

    private void Enter()
    {
        lock (_lock)
        {
            if (_ending)
                throw CreateEndError();

            _open++;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_open == 0)
                _answered.TrySetResult();
        }
    }

    /// <summary>False when it was begun already.</summary>
    private bool BeginEnd()
    {
        lock (_lock)
            return !_ending && (_ending = true);
    }

    private async Task<EmbeddingResult> EmbedTextAsync(TextInput input, WorkContext context)
    {
        var prepared = input.RejectLong
            ? await _texts.RejectLongAsync(input.Text, context.CancellationToken)
            : input.Prepared;
        return await _texts.EmbedAsync(input.Text, context, prepared);
    }

    private async Task WatchAsync()
    {
        await await Task.WhenAny(_queues.Select(queue => queue.Faulted));
        await _stopped.CancelAsync();
    }
}
