using ClipGrpc.LoadTest.Driving;
using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Attacks;

/// <summary>
/// Two calls per second with a deadline, an image and a text in turns: what an attack must not disturb.
/// </summary>
internal sealed class PoliteCaller(Uri address, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly ByteString _image = ByteString.CopyFrom(ImageBombs.Png(320, 240, interlaced: false));
    private readonly List<Task<(StatusCode Status, TimeSpan Duration)>> _calls = [];

    /// <summary>Calls until it is cancelled.</summary>
    /// <returns>How each call ended.</returns>
    public async Task<IReadOnlyList<(StatusCode Status, TimeSpan Duration)>> RunAsync(
        CancellationToken cancellationToken)
    {
        using var connection = new Connections(address, 1);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            _calls.Add(CallAsync(connection[0]));
        }
        while (await WaitAsync(timer, cancellationToken));
        return await Task.WhenAll(_calls);
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<(StatusCode Status, TimeSpan Duration)> CallAsync(ClipService.ClipServiceClient client)
    {
        var input = _calls.Count % 2 == 0
            ? new Input { Image = new Image { Encoded = _image } }
            : new Input { Text = $"text number {_calls.Count}" };
        var started = time.GetTimestamp();
        try
        {
            await client.EmbedAsync(
                new EmbedRequest { Inputs = { input } }, deadline: (time.GetUtcNow() + Deadline).UtcDateTime);
            return (StatusCode.OK, time.GetElapsedTime(started));
        }
        catch (RpcException exception)
        {
            return (exception.StatusCode, time.GetElapsedTime(started));
        }
    }
}
