using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Serving.Batching;

/// <summary>How concurrent requests become batches. One set for all queues of a device.</summary>
internal sealed class BatchingOptions
{
    /// <summary>Items that go through the device together at most. Default 32, 1 to 1024.</summary>
    [Range(1, 1024)]
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>
    /// Items that may wait per priority in a model's image or text queue. Default 1024, 1 to 1,000,000.
    /// An image that waits holds about 150 kB at 224 × 224.
    /// </summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1024;

    /// <summary>
    /// Share of the positions of a queue, also of the one for decoding, that one caller may have. Beyond it calls are
    /// refused and streams wait, so that no caller fills a queue alone. Default 0.75; 0.01 to 1, which is all.
    /// </summary>
    [Range(0.01, 1.0)]
    public double MaxCallerShare { get; set; } = 0.75;

    /// <summary>Positions of a queue that one caller may have.</summary>
    public int CallerCapacity => CallerPositions(QueueCapacity);

    /// <summary>Positions that one caller may have of so many.</summary>
    public int CallerPositions(int capacity) => Math.Max(1, (int)(MaxCallerShare * capacity));

    /// <summary>
    /// How long a batch that is not full may be held back for more items. Default 0: the device never idles while
    /// work waits. 0 to 10 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxQueueDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Batches in flight on the device at once, each with its own thread and its own encoder of a queue. Default 1 on
    /// the CPU and 2 on a GPU, where the copies of one batch then hide behind the other. 1 to 16.
    /// </summary>
    [Range(1, 16)]
    public int Workers { get; set; } = 1;

    /// <summary>
    /// Batches of a queue that may pass waiting bulk work by; the next one is led by bulk work. So bulk work gets at
    /// least one batch in <c>BulkPatience + 1</c>. Default 8, 1 to 1000.
    /// </summary>
    [Range(1, 1000)]
    public int BulkPatience { get; set; } = 8;

    /// <summary>
    /// A batch that runs for longer, and for longer than 20 times what it was expected to, is stuck: the model has
    /// failed. Default 60 seconds, 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a queue or scheduler that stops may take to answer what it accepted; what is left is answered as
    /// unavailable. Default 30 seconds, 0 to 10 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
