using System.Collections.Concurrent;
using ClipGrpc.Models.Hub;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.TestSupport;

/// <summary>
/// Remembers what a download said. Pauses before another try end at once, where there is a fake clock to move.
/// </summary>
internal sealed class RecordingProgress(FakeTimeProvider? clock = null) : IDownloadProgress
{
    private readonly Dictionary<string, long> _arrived = [];
    private readonly List<(string File, long Bytes, TaskCompletionSource Source)> _awaited = [];

    public ConcurrentQueue<string> Events { get; } = new();

    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    /// <summary>Ends when at least so many bytes of a file have arrived.</summary>
    public Task Reached(string file, long bytes)
    {
        lock (_arrived)
        {
            if (_arrived.GetValueOrDefault(file) >= bytes)
                return Task.CompletedTask;

            _awaited.Add((file, bytes, NewSource()));
            return _awaited[^1].Source.Task;
        }
    }

    /// <summary>Ends when somebody waits for another download of a file.</summary>
    public TaskCompletionSource Waits { get; } = NewSource();

    public void Started(string file, long done, long total) => Events.Enqueue($"start {file} {done}/{total}");

    public void Advanced(string file, long done, long total)
    {
        lock (_arrived)
        {
            _arrived[file] = Math.Max(done, _arrived.GetValueOrDefault(file));
            foreach (var (_, _, source) in _awaited.Where(awaited => awaited.File == file && awaited.Bytes <= done))
                source.TrySetResult();
        }
    }

    public void Finished(string file, long total) => Events.Enqueue($"end {file}");

    public void Waiting(string file)
    {
        Events.Enqueue($"wait {file}");
        Waits.TrySetResult();
    }

    public void Retrying(string file, string problem, TimeSpan delay)
    {
        Events.Enqueue($"retry {file}: {problem}");
        Pauses.Enqueue(delay);
        clock?.Advance(delay);
    }

    public void Damaged(string file, string problem) => Events.Enqueue($"damaged {file}");

    public void UsingCache(string model, string commit, string problem) => Events.Enqueue($"cache {model} {commit}");

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
