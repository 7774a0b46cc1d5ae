namespace ClipGrpc.Serving.Video;

/// <summary>
/// Runs one frame at a time and lets one wait. A frame that is waiting when a newer one arrives is dropped: its result
/// is ready at once and it costs nothing more.
/// </summary>
internal sealed class LatestFrameRunner<TFrame, TResult>(Func<TFrame, Task<TResult>> run, Func<TFrame, TResult> drop)
{
    private readonly Lock _lock = new();
    private (TFrame Frame, TaskCompletionSource<TResult> Result)? _waiting;
    private bool _running;

    public Task<TResult> RunAsync(TFrame frame)
    {
        (TFrame Frame, TaskCompletionSource<TResult> Result)? dropped;
        Task<TResult> result;
        lock (_lock)
        {
            if (!_running)
            {
                _running = true;
                return RunThenNextAsync(frame);
            }

            var completion = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            dropped = _waiting;
            _waiting = (frame, completion);
            result = completion.Task;
        }

        dropped?.Result.SetResult(drop(dropped.Value.Frame));
        return result;
    }

    private async Task<TResult> RunThenNextAsync(TFrame frame)
    {
        try
        {
            // Off the caller's stack, which holds the lock.
            await Task.Yield();
            return await run(frame);
        }
        finally
        {
            StartNext();
        }
    }

    private void StartNext()
    {
        (TFrame Frame, TaskCompletionSource<TResult> Result) next;
        lock (_lock)
        {
            if (_waiting is null)
            {
                _running = false;
                return;
            }

            next = _waiting.Value;
            _waiting = null;
        }

        _ = CompleteAsync(next.Frame, next.Result);
    }

    private async Task CompleteAsync(TFrame frame, TaskCompletionSource<TResult> result)
    {
        try
        {
            result.SetResult(await RunThenNextAsync(frame));
        }
        catch (OperationCanceledException exception)
        {
            result.SetCanceled(exception.CancellationToken);
        }
        catch (Exception exception)
        {
            result.SetException(exception);
        }
    }
}
