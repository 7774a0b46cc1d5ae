using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.LoadTest;

/// <summary>Tells when somebody begins to wait.</summary>
internal sealed class SignalingTime : FakeTimeProvider
{
    private readonly TaskCompletionSource _created = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task TimerCreated => _created.Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _created.TrySetResult();
        return timer;
    }
}
