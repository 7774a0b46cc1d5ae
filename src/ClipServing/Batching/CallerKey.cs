namespace ClipGrpc.Serving.Batching;

/// <summary>
/// A caller, which takes turns with others and has a bounded share of a queue: an API key, an authenticated subject or
/// a connection. One object per caller, compared by reference, so that no text is hashed or compared per item.
/// </summary>
internal sealed class CallerKey
{
    /// <summary>The server itself. It takes turns like a caller, but its share is not bounded.</summary>
    public static readonly CallerKey None = new();

    private int _openCalls;

    /// <summary>Counts a call until <see cref="EndCall"/>.</summary>
    /// <returns>False, without counting it, if the caller has reached the limit.</returns>
    public bool TryBeginCall(int most)
    {
        if (Interlocked.Increment(ref _openCalls) <= most)
            return true;

        EndCall();
        return false;
    }

    public void EndCall() => Interlocked.Decrement(ref _openCalls);
}
