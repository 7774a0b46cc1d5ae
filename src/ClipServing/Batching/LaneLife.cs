namespace ClipGrpc.Serving.Batching;

/// <summary>A lane's state, and its two ends: it fails for good, or it is closed.</summary>
/// <param name="gate">The lane's: guards the state's changes.</param>
internal sealed class LaneLife<TInput>(
    BatchLane lane,
    Lock gate,
    BatchFormer<TInput> former,
    BatchRunner<TInput> runner,
    EncoderPool<TInput> encoders,
    LaneErrors errors,
    DeviceScheduler scheduler,
    MonotonicClock clock,
    ILogger logger)
{
    /// <summary>A fourth attempt after three new encoders failed in a row would only lose more callers' work.</summary>
    private const int MaxFailures = 3;

    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LaneState _state = LaneState.Serving;
    private int _failures;

    public LaneState State => _state;

    public Task<Exception> Faulted => _faulted.Task;

    /// <summary>A batch went well: failures are counted in a row.</summary>
    public void ForgetFailures() => Volatile.Write(ref _failures, 0);

    /// <summary>Makes another encoder in place of one that failed, or gives the lane up.</summary>
    public void Retire(EncoderSlot<TInput> slot, int size, Exception failure)
    {
        var failures = Interlocked.Increment(ref _failures);
        logger.BatchFailed(failure, lane.Name, size, failures);
        if (failures >= MaxFailures)
        {
            encoders.Dispose(slot);
            Fault(failure);
            return;
        }

        _ = ReplaceAsync(slot);
    }

    public void CompleteIfDrained()
    {
        if (_state == LaneState.Draining && lane.InFlight == 0 && former.IsEmpty)
            _drained.TrySetResult();
    }

    public async Task CloseAsync()
    {
        var limit = scheduler.Options.ShutdownTimeout;
        var started = clock.Now;
        lock (gate)
        {
            if (_state == LaneState.Serving)
                _state = LaneState.Draining;
            TakeNoMore();
        }

        scheduler.Wake();
        scheduler.CompleteIfDrained(lane);
        try
        {
            await _drained.Task.WaitAsync(limit, clock.TimeProvider);
        }
        catch (TimeoutException)
        {
            var left = AnswerQueued() + runner.AnswerRunning(() => errors.Unavailable(_state));
            logger.DrainTimedOut(lane.Name, limit, left);
        }

        if (End(LaneState.Closed))
            _faulted.TrySetCanceled();
        await WaitForEncodersAsync(limit - clock.Between(started, clock.Now));
    }

    /// <summary>Frees a lane that was never served.</summary>
    public void Discard()
    {
        _state = LaneState.Closed;
        former.Close();
        encoders.Close();
        _faulted.TrySetCanceled();
    }

    private async Task ReplaceAsync(EncoderSlot<TInput> slot)
    {
        try
        {
            await encoders.ReplaceAsync(slot);
            logger.EncoderReplaced(lane.Name);
            scheduler.Wake();
        }
        catch (Exception exception)
        {
            Fault(exception);
        }
    }

    private void Fault(Exception cause)
    {
        if (!End(LaneState.Faulted))
            return;
        AnswerQueued();
        _drained.TrySetResult();
        _faulted.TrySetResult(cause);
        logger.LaneFaulted(cause, lane.Name);
        scheduler.Observer.LaneFaulted(lane.Name);
    }

    /// <summary>One that is being made in place of a failed one may be left.</summary>
    private async Task WaitForEncodersAsync(TimeSpan limit)
    {
        try
        {
            await encoders.Freed.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, clock.TimeProvider)
                ;
            scheduler.Observer.LaneClosed(lane.Name);
        }
        catch (TimeoutException)
        {
            logger.EncoderLeft(lane.Name);
        }
    }

    /// <summary>False when the lane has ended already.</summary>
    private bool End(LaneState state)
    {
        lock (gate)
        {
            if (_state is LaneState.Closed or LaneState.Faulted)
                return false;
            _state = state;
            TakeNoMore();
        }

        scheduler.Remove(lane);
        encoders.Close();
        return true;
    }

    private void TakeNoMore()
    {
        former.Close();
        runner.DropWarmUps(errors.Unavailable(_state));
    }

    private int AnswerQueued()
    {
        var count = 0;
        lock (gate)
        {
            for (; former.TakeAny() is { } item; count++)
                item.TurnAway(errors.Unavailable(_state));
        }

        scheduler.Observer.QueueDepthChanged(lane.Name, former.Waiting);
        return count;
    }
}
