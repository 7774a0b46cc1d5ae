namespace ClipGrpc.Server.Rpc;

/// <summary>The wait for a stream's first message, which a stop of the server must end: it may never come.</summary>
internal static class StreamStart
{
    /// <returns>False when the caller has sent nothing and will not.</returns>
    /// <exception cref="ClipException">Unavailable: the server stops.</exception>
    public static async Task<bool> ReadFirstAsync<T>(IAsyncEnumerator<T> stream, CancellationToken stopping)
    {
        var first = stream.MoveNextAsync().AsTask();
        try
        {
            return await first.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !first.IsCompleted)
        {
            // The call's end completes the read.
            throw StreamStop.ServerStops();
        }
    }
}
