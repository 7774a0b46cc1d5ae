using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Serving.Batching;

/// <summary>Section <c>Clip:Batching</c>: how concurrent requests are batched.</summary>
internal sealed class BatchingOptions
{
    /// <summary>Maximum number of items per batch. Default 32, 1 to 1024.</summary>
    [Range(1, 1024)]
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>
    /// Items of each priority that may wait in a model's image or text queue. Default 1024, 1 to 1,000,000. A queued
    /// image takes about 150 kB at 224 × 224.
    /// </summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1024;

    /// <summary>
    /// Share of a queue's capacity, including that of the decoding queue, that one caller may use, so that no caller
    /// fills a queue alone. Beyond it, calls are rejected and streams wait. Default 0.75; 0.01 to 1 (the whole queue).
    /// </summary>
    [Range(0.01, 1.0)]
    public double MaxCallerShare { get; set; } = 0.75;

    /// <summary>Items that one caller may have in a queue of <see cref="QueueCapacity"/>.</summary>
    public int CallerCapacity => CallerPositions(QueueCapacity);

    /// <summary>Items that one caller may have in a queue of the capacity.</summary>
    public int CallerPositions(int capacity) => Math.Max(1, (int)(MaxCallerShare * capacity));

    /// <summary>
    /// How long a batch that is not full waits for more items. Default 0: the device is never idle while items are
    /// queued. 0 to 10 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxQueueDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Batches that run on the device concurrently, each on its own thread and with its own encoder. Default 1, or
    /// 2 if the default device is cuda: the copies of one batch then overlap with the computation of another. 1 to 16.
    /// </summary>
    [Range(1, 16)]
    public int Workers { get; set; } = 1;

    /// <summary>
    /// Number of consecutive batches that may overtake queued bulk items; the next batch starts with bulk items, so at
    /// least one in <c>BulkPatience + 1</c> batches does. Default 8, 1 to 1000.
    /// </summary>
    [Range(1, 1000)]
    public int BulkPatience { get; set; } = 8;

    /// <summary>
    /// A batch is stuck, and its model fails, if it runs for longer than this and for longer than 20 times its expected
    /// duration. Default 60 seconds, 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a queue or scheduler that stops may take to complete accepted items; the remaining ones fail as
    /// UNAVAILABLE. Default 30 seconds, 0 to 10 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
