using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.OpenInference;

/// <summary>What the requests of this protocol took, by model, since the start.</summary>
internal sealed class InferenceStatistics(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ModelCounts> _models = new(StringComparer.Ordinal);

    public ModelCounts Of(string model) => _models.GetOrAdd(model, static (_, time) => new ModelCounts(time), time);
}

/// <summary>A number of requests and what they took together.</summary>
internal readonly record struct TimeCount(long Count, long Nanoseconds)
{
    public TimeCount Add(TimeSpan time) =>
        new(Count + 1, Nanoseconds + (long)time.TotalNanoseconds);
}

/// <summary>The counts of one model at one moment.</summary>
/// <param name="LastInference">Milliseconds since 1970; 0: none yet.</param>
/// <param name="Inferences">Images and texts.</param>
/// <param name="Executions">
/// Batches. One that has items of other calls too counts in part, by its share of items of these.
/// </param>
internal readonly record struct Counts(
    long LastInference, long Inferences, double Executions, TimeCount Success, TimeCount Fail, TimeCount Queue,
    TimeCount Input, TimeCount Infer, TimeCount Output);

internal sealed class ModelCounts(TimeProvider time)
{
    private readonly Lock _lock = new();
    private Counts _counts;

    public Counts Read()
    {
        lock (_lock)
            return _counts;
    }

    /// <summary>Of the items of a call, each time is that of the slowest.</summary>
    public void Succeeded(ReadOnlySpan<EmbeddingResult> items, TimeSpan total, TimeSpan output)
    {
        var (slowest, executions) = (default(EmbeddingResult), 0.0);
        foreach (var item in items)
        {
            slowest = slowest.SlowestWith(item);
            executions += item.BatchSize > 0 ? 1.0 / item.BatchSize : 0;
        }

        lock (_lock)
        {
            _counts = _counts with
            {
                LastInference = time.GetUtcNow().ToUnixTimeMilliseconds(),
                Inferences = _counts.Inferences + items.Length,
                Executions = _counts.Executions + executions,
                Success = _counts.Success.Add(total),
                Queue = _counts.Queue.Add(slowest.Queued),
                Input = _counts.Input.Add(slowest.Preprocess),
                Infer = _counts.Infer.Add(slowest.Inference),
                Output = _counts.Output.Add(output),
            };
        }
    }

    public void Failed(TimeSpan total)
    {
        lock (_lock)
            _counts = _counts with { Fail = _counts.Fail.Add(total) };
    }
}
