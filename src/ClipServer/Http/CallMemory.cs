using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Server.Http;

/// <summary>
/// What a call takes of the memory budget: its body from before it is read, its response from before it is built, both
/// until the call has ended. What does not fit waits for a bounded time.
/// </summary>
internal sealed class CallMemory(
    MemoryBudget budget, TimeSpan maxWait, TimeProvider time, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>Of a token of parsed JSON. The shortest has two bytes, with what separates it from the next.</summary>
    private const int TokenBytes = 12;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private HeldMemory _body;
    private HeldMemory _response;

    /// <exception cref="ClipException">Overloaded: there was no room for some time.</exception>
    public async Task ReserveBodyAsync(long length)
    {
        var tokens = TokenBytes * Math.Min(JsonBody.MaxTokens, length / 2);
        _body = await ReserveAsync(
            budget.Messages, MemoryBudget.CostOf(length) + tokens, MemoryBudget.SizeClassOf(length));
    }

    /// <summary>Once per call: what is reserved already holds for all that it responds.</summary>
    /// <inheritdoc cref="ReserveBodyAsync"/>
    public async Task ReserveResponseAsync(long bytes)
    {
        if (_response.Bytes > 0)
            return;

        var share = budget.Responses;
        _response = await ReserveAsync(
            share, Math.Min(MemoryBudget.ResponseFactor * bytes, share.Largest), MemoryBudget.SizeClassOf(bytes));
    }

    public void Dispose()
    {
        budget.Messages.Release(_body.Bytes, _body.SizeClass);
        budget.Responses.Release(_response.Bytes, _response.SizeClass);
        (_body, _response) = (default, default);
    }

    private async Task<HeldMemory> ReserveAsync(MemoryShare share, long bytes, SizeClass sizeClass)
    {
        var held = new HeldMemory(bytes, sizeClass);
        if (share.TryReserve(bytes, sizeClass))
            return held;

        using var limit = new CancellationTokenSource(maxWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await share.ReserveAsync(bytes, sizeClass, either.Token);
            return held;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw MemoryBudget.Exhausted(RetryAfter);
        }
    }
}
