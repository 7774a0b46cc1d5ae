using Grpc.Core;
using HdrHistogram;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>What was measured in one step of load. Histograms are in microseconds.</summary>
internal sealed class LoadResult
{
    private const long LongestMicroseconds = 3_600_000_000;
    private const int Digits = 3;

    /// <summary>Workload or mix.</summary>
    public required string Name { get; init; }

    /// <summary>The full names of the methods.</summary>
    public required string Method { get; init; }

    /// <summary>Calls a second that were meant to be sent; null for a closed loop.</summary>
    public double? OfferedRate { get; init; }

    /// <summary>Callers of a closed loop; null for an open one.</summary>
    public int? Callers { get; init; }

    public DateTimeOffset Started { get; init; }

    /// <summary>The stretch that was measured, warm-up not counted.</summary>
    public TimeSpan Duration { get; init; }

    public SortedDictionary<StatusCode, long> Statuses { get; } = [];

    /// <summary>Items answered.</summary>
    public long OkItems { get; set; }

    /// <summary>Of OK calls, from their intended time.</summary>
    public LongHistogram Latency { get; } = Create();

    /// <summary>How late calls were sent.</summary>
    public LongHistogram SendLag { get; } = Create();

    /// <summary>The server's own: waiting for the device, of OK calls.</summary>
    public LongHistogram Queue { get; } = Create();

    /// <summary>The server's own: decode and resize, or tokenize.</summary>
    public LongHistogram Preprocess { get; } = Create();

    /// <summary>The server's own: the forward pass of the whole batch.</summary>
    public LongHistogram Inference { get; } = Create();

    /// <summary>Items that went through the device.</summary>
    public long BatchedItems { get; set; }

    /// <summary>Sum over these items of 1 ÷ the size of their batch: the number of batches.</summary>
    public double Batches { get; set; }

    public int LargestBatch { get; set; }

    public long Calls => Statuses.Values.Sum();

    public long OkCalls => Statuses.GetValueOrDefault(StatusCode.OK);

    /// <summary>Items answered a second.</summary>
    public double Goodput { get; set; }

    /// <summary>The mean size of batches, not of the batch that an item meets; 0 where nothing was run.</summary>
    public double MeanBatch => Batches > 0 ? BatchedItems / Batches : 0;

    public void Record(in CallOutcome outcome, TimeSpan latency, TimeSpan lag)
    {
        Statuses[outcome.Status] = Statuses.GetValueOrDefault(outcome.Status) + 1;
        OkItems += outcome.OkItems;
        Add(SendLag, (long)lag.TotalMicroseconds);
        if (outcome.Status != StatusCode.OK)
            return;

        Add(Latency, (long)latency.TotalMicroseconds);
        if (outcome.Timings is not { } timings)
            return;

        Add(Queue, (long)timings.QueueUs);
        Add(Preprocess, (long)timings.PreprocessUs);
        Add(Inference, (long)timings.InferenceUs);
        if (timings.BatchSize == 0)
            return;

        BatchedItems += outcome.OkItems;
        Batches += outcome.OkItems / (double)timings.BatchSize;
        LargestBatch = Math.Max(LargestBatch, (int)timings.BatchSize);
    }

    /// <summary>Adds what another recorded in the same time.</summary>
    public void Add(LoadResult other)
    {
        foreach (var (status, count) in other.Statuses)
            Statuses[status] = Statuses.GetValueOrDefault(status) + count;
        OkItems += other.OkItems;
        Goodput += other.Goodput;
        Latency.Add(other.Latency);
        SendLag.Add(other.SendLag);
        Queue.Add(other.Queue);
        Preprocess.Add(other.Preprocess);
        Inference.Add(other.Inference);
        BatchedItems += other.BatchedItems;
        Batches += other.Batches;
        LargestBatch = Math.Max(LargestBatch, other.LargestBatch);
    }

    private static LongHistogram Create() => new(1, LongestMicroseconds, Digits);

    private static void Add(LongHistogram histogram, long microseconds) =>
        histogram.RecordValue(Math.Clamp(microseconds, 0, LongestMicroseconds));
}
