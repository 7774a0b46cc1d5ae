using System.Diagnostics;
using System.Globalization;
using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>The server's timings of a call, or of an item of a stream.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record ClipTimings
{
    internal static ClipTimings None { get; } = new();

    /// <summary>In the model's image or text queue.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>
    /// To decode, resize and crop an image, or to tokenize a text; includes waiting for a free worker.
    /// </summary>
    public TimeSpan Preprocess { get; init; }

    /// <summary>Of the forward pass of the whole batch.</summary>
    public TimeSpan Inference { get; init; }

    /// <summary>From the arrival of the call, or of the stream's message, to its response.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>Items of the batch; 0 if no batch was run, because the text's embedding was cached.</summary>
    public int BatchSize { get; init; }

    /// <summary>The times in milliseconds.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Total.TotalMilliseconds} ms (queue {Queue.TotalMilliseconds}, preprocess {Preprocess.TotalMilliseconds}, ")
        + string.Create(CultureInfo.InvariantCulture, $"inference {Inference.TotalMilliseconds})");

    internal static ClipTimings From(V1.Timings? timings) => timings is null ? None : new ClipTimings
    {
        Queue = Microseconds(timings.QueueUs),
        Preprocess = Microseconds(timings.PreprocessUs),
        Inference = Microseconds(timings.InferenceUs),
        Total = Microseconds(timings.TotalUs),
        BatchSize = WireNumbers.Int(timings.BatchSize),
    };

    private static TimeSpan Microseconds(ulong value) =>
        new((long)Math.Min(value, (ulong)(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond))
            * TimeSpan.TicksPerMicrosecond);
}
