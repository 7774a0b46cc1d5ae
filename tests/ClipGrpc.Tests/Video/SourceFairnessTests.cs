using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

/// <summary>
/// Cameras beyond the capacity of a device that takes batches from a queue in order of arrival, in simulated time: all
/// continuations run on this thread, when the simulation says so.
/// </summary>
public sealed class SourceFairnessTests
{
    private const int Cameras = 16;
    private const int BatchSize = 4;
    private const int FrameInterval = 200;
    private const int BatchTime = 500;
    private const int Duration = 120_000;

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly Queue<(int Camera, int Arrived, TaskCompletionSource<bool> Result)> _queue = new();
    private readonly int[] _classified = new int[Cameras];
    private readonly List<int> _ages = [];
    private int _dropped;

    [Fact]
    public void RunAsync_CamerasBeyondCapacity_TakeTurnsAndStayFresh()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Simulated(_posted));
        try
        {
            Simulate();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        var mean = _classified.Average();
        Assert.InRange(mean, 0.95 * Duration / BatchTime * BatchSize / Cameras, (double)Duration / FrameInterval);
        Assert.All(_classified, classified => Assert.InRange(classified, 0.9 * mean, 1.1 * mean));

        // Each camera waits for the others' turns once, with a frame that was the newest when its turn began to count.
        const int TurnTime = BatchTime * Cameras / BatchSize;
        _ages.Sort();
        Assert.InRange(_ages[^(_ages.Count / 100)], 0, TurnTime + (2 * BatchTime) + FrameInterval);
        Assert.True(_dropped > _ages.Count);
    }

    private void Simulate()
    {
        var runners = Enumerable.Range(0, Cameras)
            .Select(_ => new LatestFrameRunner<(int Camera, int Arrived), bool>(RunAsync, _ => false)).ToArray();
        var batch = new List<(int Camera, int Arrived, TaskCompletionSource<bool> Result)>();
        var ready = 0;
        for (var now = 0; now < Duration; now++)
        {
            for (var camera = 0; camera < Cameras; camera++)
            {
                // Each has a phase of its own, and some come just after others.
                if ((now + (camera * camera)) % FrameInterval == 0)
                    Count(runners[camera].RunAsync((camera, now)));
            }

            Settle();
            if (now < ready)
                continue;

            foreach (var (camera, arrived, result) in batch)
            {
                _classified[camera]++;
                _ages.Add(now - arrived);
                result.SetResult(true);
            }

            batch.Clear();
            Settle();
            while (batch.Count < BatchSize && _queue.TryDequeue(out var next))
                batch.Add(next);
            ready = batch.Count > 0 ? now + BatchTime : now;
        }
    }

    private async void Count(Task<bool> response)
    {
        if (!await response)
            _dropped++;
    }

    private Task<bool> RunAsync((int Camera, int Arrived) frame)
    {
        var result = new TaskCompletionSource<bool>();
        _queue.Enqueue((frame.Camera, frame.Arrived, result));
        return result.Task;
    }

    private void Settle()
    {
        while (_posted.TryDequeue(out var next))
            next.Callback(next.State);
    }

    private sealed class Simulated(Queue<(SendOrPostCallback Callback, object? State)> posted) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => posted.Enqueue((d, state));
    }
}
