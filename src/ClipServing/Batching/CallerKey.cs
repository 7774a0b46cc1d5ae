namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Whoever takes turns with others and has a bounded share of the positions: an API key, an authenticated subject or a
/// connection. An object per caller, equal only to itself, so that nothing is hashed or compared by text per item.
/// </summary>
internal sealed class CallerKey
{
    /// <summary>For work of the server itself. It takes turns like a caller; its share is not bounded.</summary>
    public static readonly CallerKey None = new();

    private int _openCalls;

    /// <summary>Counts a call until <see cref="EndCall"/>.</summary>
    /// <returns>False: the caller has so many already, and it is not counted.</returns>
    public bool TryBeginCall(int most)
    {
        if (Interlocked.Increment(ref _openCalls) <= most)
            return true;

        EndCall();
        return false;
    }

    public void EndCall() => Interlocked.Decrement(ref _openCalls);
}
