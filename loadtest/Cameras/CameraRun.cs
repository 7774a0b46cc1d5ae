using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Cameras;

/// <summary>Runs all cameras of a load.</summary>
internal static class CameraRun
{
    /// <summary>The server embeds the labels before the first frame.</summary>
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(1);

    /// <param name="residentBytes">Memory of the server; null: it is not known.</param>
    /// <exception cref="Grpc.Core.RpcException">A stream ended early.</exception>
    public static async Task<CameraCount> RunAsync(
        Connections connections, CameraLoad load, TimeProvider time, CancellationToken cancellationToken,
        Func<long>? residentBytes = null)
    {
        var count = new CameraCount(load.Cameras);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var start = time.GetTimestamp() + time.ToTimestamp(Start);
        var streams = Enumerable.Range(0, load.Streams).Select(async stream =>
        {
            var cameras = Enumerable.Range(0, load.Cameras).Where(camera => camera % load.Streams == stream).ToList();
            try
            {
                await new CameraStream(connections[stream], load, cameras, count, time).RunAsync(start, failed.Token);
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        });
        var all = Task.WhenAll(streams);
        if (residentBytes is not null)
        {
            count.ResidentBytes = await MemoryUse.SampleAsync(
                residentBytes, start + time.ToTimestamp(load.WarmUp), all, time);
        }

        await all;
        return count;
    }
}
