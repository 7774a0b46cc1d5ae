using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The encoders of a queue, each used by one worker at a time. A failed encoder is replaced in the background, so that
/// the device's thread continues with other queues.
/// </summary>
internal sealed class EncoderPool<TInput>
{
    private readonly Lock _lock = new();
    private readonly Queue<PooledEncoder<TInput>> _idle = new();
    private readonly Func<IEncoder<TInput>> _create;
    private readonly Action<Exception> _disposeFailed;
    private readonly int _maxBatchSize;
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;
    private int _alive; // not disposed, or being created
    private int _ready;

    /// <param name="workers">The number of encoders, each of which uses all of the device until a batch ends.</param>
    /// <param name="mostBatches">The number of encoders that leave cores idle.</param>
    /// <exception cref="Exception">An exception of <paramref name="create"/>.</exception>
    public EncoderPool(
        Func<IEncoder<TInput>> create, int workers, int mostBatches, int maxBatchSize, Action<Exception> disposeFailed)
    {
        _create = create;
        _maxBatchSize = maxBatchSize;
        _disposeFailed = disposeFailed;
        try
        {
            var count = workers;
            while (_ready < count)
            {
                var pooled = TryCreate()!;
                _idle.Enqueue(pooled);
                _ready++;
                if (pooled.Encoder.LeavesCoresIdle)
                    count = mostBatches;
            }
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Encoders that are idle or in use, without those that are being replaced.</summary>
    public int Ready => Volatile.Read(ref _ready);

    /// <summary>
    /// Completes when the pool is closed and the last encoder, including one that was being created, is disposed. Until
    /// then, weights can be in use.
    /// </summary>
    public Task Freed => _freed.Task;

    /// <summary>Takes the encoder that has been idle longest, so that all are used.</summary>
    public PooledEncoder<TInput>? TryTake()
    {
        lock (_lock)
            return _idle.TryDequeue(out var pooled) ? pooled : null;
    }

    public void Return(PooledEncoder<TInput> pooled)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _idle.Enqueue(pooled);
                return;
            }
        }

        Dispose(pooled);
    }

    /// <summary>Disposes a failed encoder; <see cref="Make"/> creates its replacement.</summary>
    public void Retire(PooledEncoder<TInput> failed)
    {
        Interlocked.Decrement(ref _ready);
        Dispose(failed);
    }

    /// <summary>Creates the replacement of an encoder that was retired.</summary>
    /// <param name="check">Throws if the new encoder does not work either.</param>
    /// <exception cref="Exception">An exception of the factory or the check.</exception>
    public void Make(Action<IEncoder<TInput>> check)
    {
        if (TryCreate() is not { } pooled)
            return;
        try
        {
            check(pooled.Encoder);
        }
        catch
        {
            Dispose(pooled);
            throw;
        }

        Return(pooled);
        Interlocked.Increment(ref _ready);
    }

    /// <summary>Disposes idle encoders now, and the others when they are returned.</summary>
    public void Close()
    {
        PooledEncoder<TInput>[] idle;
        lock (_lock)
        {
            _closed = true;
            idle = [.. _idle];
            _idle.Clear();
            CompleteIfFreed();
        }

        foreach (var pooled in idle)
            Dispose(pooled);
    }

    public void Dispose(PooledEncoder<TInput> pooled)
    {
        try
        {
            pooled.Encoder.Dispose();
        }
        catch (Exception exception)
        {
            _disposeFailed(exception);
        }

        Forget();
    }

    /// <summary>Returns null if the pool is closed.</summary>
    private PooledEncoder<TInput>? TryCreate()
    {
        lock (_lock)
        {
            if (_closed)
                return null;
            _alive++;
        }

        try
        {
            return new PooledEncoder<TInput>(_create(), _maxBatchSize);
        }
        catch
        {
            Forget();
            throw;
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            _alive--;
            CompleteIfFreed();
        }
    }

    private void CompleteIfFreed()
    {
        if (_closed && _alive == 0)
            _freed.TrySetResult();
    }
}
