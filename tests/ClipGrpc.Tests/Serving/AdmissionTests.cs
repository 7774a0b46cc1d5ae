using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Serving;

public sealed class AdmissionTests
{
    private readonly FakeTimeProvider _time = new();

    private static ClipException Full { get; } =
        new(ClipErrorCode.Overloaded, "full") { RetryAfter = TimeSpan.FromHours(1) };

    private static WorkContext Context(CancellationToken token = default) =>
        new(WorkPriority.Interactive, null, token) { WaitsForRoom = true };

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_QueueNeedsAnHourToDrain_AsksAgainAsSoonAsItsNextBatch()
    {
        var asked = 0;
        var entering = Admission.EnterAsync(
            () => ++asked < 3 ? Task.FromException<int>(Full) : Task.FromResult(7), Context(), _time);

        while (!entering.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
            Assert.InRange(_time.GetUtcNow() - _time.Start, TimeSpan.Zero, TimeSpan.FromMinutes(30));
        }

        Assert.Equal(7, await entering);
        Assert.Equal(3, asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_CallerLeavesWhileItWaits_EndsAtOnce()
    {
        using var caller = new CancellationTokenSource();
        var entering = Admission.EnterAsync(() => Task.FromException<int>(Full), Context(caller.Token), _time);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => entering.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_CallerDoesNotWaitForRoom_IsTold()
    {
        var context = Context() with { WaitsForRoom = false };
        var error = await Assert.ThrowsAsync<ClipException>(
            () => Admission.EnterAsync(() => Task.FromException<int>(Full), context, _time));
        Assert.Equal(ClipErrorCode.Overloaded, error.Code);
    }
}
