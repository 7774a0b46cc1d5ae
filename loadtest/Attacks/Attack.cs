namespace ClipGrpc.LoadTest.Attacks;

/// <summary>A way to make a server run out of memory.</summary>
/// <param name="Connections">How many attack at once.</param>
/// <param name="CallsPerConnection">How many calls each makes at once, one after the other.</param>
/// <param name="Pause">Between one call's end and the next call, so that memory and not processor time runs out.
/// </param>
/// <param name="CallAsync">Makes one call.</param>
internal sealed record Attack(
    string Name,
    int Connections,
    int CallsPerConnection,
    TimeSpan Pause,
    Func<RawConnection, CancellationToken, Task> CallAsync)
{
    /// <summary>Attacks until it is cancelled.</summary>
    /// <returns>Calls that ended, in whatever way.</returns>
    public async Task<long> RunAsync(Uri address, TimeProvider time, CancellationToken cancellationToken)
    {
        var connections = Enumerable.Range(0, Connections).Select(_ => new RawConnection(address)).ToList();
        try
        {
            var calls = await Task.WhenAll(
                from connection in connections
                from _ in Enumerable.Range(0, CallsPerConnection)
                select Task.Run(() => RepeatAsync(connection, time, cancellationToken), CancellationToken.None));
            return calls.Sum();
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    private async Task<long> RepeatAsync(
        RawConnection connection, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var calls = 0L; ; calls++)
        {
            try
            {
                await CallAsync(connection, cancellationToken);
                await Task.Delay(Pause, time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return calls;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException
                or OperationCanceledException)
            {
                // Refused or reset, which is the server's right. An attacker comes again.
                if (cancellationToken.IsCancellationRequested)
                    return calls;
            }
        }
    }
}
