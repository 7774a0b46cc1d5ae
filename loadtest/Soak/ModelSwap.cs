using ClipGrpc.V1;
using Grpc.Net.Client;

namespace ClipGrpc.LoadTest.Soak;

/// <summary>
/// Replaces the model that callers name, under load, as a deployment of a new revision does: loads the next one, sends
/// callers there, and unloads the last one, whose accepted work the server completes.
/// </summary>
internal sealed class ModelSwap(Uri address, string source, TimeProvider time)
{
    /// <summary>Calls that have read the last name are on their way for a moment.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(1);

    private volatile string _current = "";

    /// <summary>The name that callers use now.</summary>
    public string Current => _current;

    /// <summary>Swaps until it is cancelled.</summary>
    /// <returns>How often.</returns>
    public async Task<int> RunAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new ModelService.ModelServiceClient(channel);
        var swaps = 0;
        while (await WaitAsync(interval, cancellationToken))
        {
            var (last, next) = (_current, $"revision-{swaps + 1}");
            await client.LoadModelAsync(
                new LoadModelRequest { Source = source, Name = next }, cancellationToken: CancellationToken.None);
            _current = next;
            swaps++;
            await Task.Delay(OnTheWay, time, CancellationToken.None);
            if (last.Length > 0)
            {
                await client.UnloadModelAsync(
                    new UnloadModelRequest { Name = last }, cancellationToken: CancellationToken.None);
            }
        }

        return swaps;
    }

    private async Task<bool> WaitAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await Task.Delay(interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }
}
