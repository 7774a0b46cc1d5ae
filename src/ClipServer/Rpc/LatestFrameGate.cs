using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Runs one frame at a time and lets one wait. A frame that waits when a newer one arrives is dropped: its reply is
/// ready at once and it costs nothing more.
/// </summary>
internal sealed class LatestFrameGate(Func<Frame, Task<FrameOutcome>> run)
{
    private readonly Lock _lock = new();
    private (Frame Frame, TaskCompletionSource<FrameOutcome> Reply)? _waiting;
    private bool _running;

    public Task<FrameOutcome> RunAsync(Frame frame)
    {
        (Frame Frame, TaskCompletionSource<FrameOutcome> Reply)? dropped;
        Task<FrameOutcome> reply;
        lock (_lock)
        {
            if (!_running)
            {
                _running = true;
                return RunThenNextAsync(frame);
            }

            var completion = new TaskCompletionSource<FrameOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            dropped = _waiting;
            _waiting = (frame, completion);
            reply = completion.Task;
        }

        dropped?.Reply.SetResult(new FrameOutcome(dropped.Value.Frame, Outcome: null, Total: default));
        return reply;
    }

    private async Task<FrameOutcome> RunThenNextAsync(Frame frame)
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
        (Frame Frame, TaskCompletionSource<FrameOutcome> Reply) next;
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

        _ = CompleteAsync(next.Frame, next.Reply);
    }

    private async Task CompleteAsync(Frame frame, TaskCompletionSource<FrameOutcome> reply)
    {
        try
        {
            reply.SetResult(await RunThenNextAsync(frame));
        }
        catch (OperationCanceledException e)
        {
            reply.SetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            reply.SetException(e);
        }
    }
}
