namespace ClipGrpc.Server.Rpc;

/// <summary>Waits for the first message of a stream. A shutdown ends the wait, because the message may never arrive.
/// </summary>
internal static class StreamStart
{
    /// <returns>False if the caller has completed the stream without a message.</returns>
    /// <exception cref="ClipException">Unavailable: the server is shutting down.</exception>
    public static async Task<bool> ReadFirstAsync<T>(IAsyncEnumerator<T> stream, CancellationToken stopping)
    {
        var first = stream.MoveNextAsync().AsTask();
        try
        {
            return await first.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !first.IsCompleted)
        {
            // The end of the call completes the read.
            throw StreamStop.ServerStops();
        }
    }
}
