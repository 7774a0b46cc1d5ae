using Grpc.Core;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>What was measured in one step.</summary>
internal sealed record StepResult
{
    public required BenchStep Step { get; init; }

    public required IReadOnlyDictionary<StatusCode, long> Statuses { get; init; }

    /// <summary>Items per second.</summary>
    public required double Throughput { get; init; }

    /// <summary>Of OK calls, from the time at which they were due, sorted.</summary>
    public required IReadOnlyList<TimeSpan> Latencies { get; init; }

    /// <summary>How late the latest call was sent: more than some milliseconds is this machine's doing.</summary>
    public required TimeSpan WorstLag { get; init; }

    /// <summary>Share of the time in which the model ran; null where the server reports no times.</summary>
    public double? DeviceBusy { get; init; }

    /// <summary>Items per batch on the device; null where it ran none.</summary>
    public double? MeanBatch { get; init; }

    /// <summary>The mean of OK calls: waiting for the device.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>The mean of OK calls: decoding and resizing, or tokenizing.</summary>
    public TimeSpan Preprocess { get; init; }

    /// <summary>The mean of OK calls: the model.</summary>
    public TimeSpan Inference { get; init; }

    /// <summary>OK calls whose embeddings came from the server's cache.</summary>
    public long CachedCalls { get; init; }

    public long Calls => Statuses.Values.Sum();

    public long OkCalls => Statuses.GetValueOrDefault(StatusCode.OK);

    public double OkShare => Calls == 0 ? 0 : OkCalls / (double)Calls;

    /// <summary>The latency that a share of the OK calls did not exceed; null where there were none.</summary>
    public TimeSpan? Percentile(double share) => Latencies.Count == 0
        ? null
        : Latencies[Math.Max(0, (int)Math.Ceiling(share * Latencies.Count) - 1)];
}
