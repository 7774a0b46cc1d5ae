using System.ComponentModel.DataAnnotations;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving;

/// <summary>Section <c>Clip:Limits</c>: limits on calls and connections. ListModels reports those that clients need.
/// </summary>
internal sealed class LimitOptions
{
    /// <summary>
    /// Inputs, images or candidates per call. Default 256, 1 to 65,536. Lowered to the capacity of the queues, because
    /// a larger call could never be accepted.
    /// </summary>
    [Range(1, 65_536)]
    public int MaxInputs { get; set; } = 256;

    /// <summary>UTF-16 code units per text, label or template. Default 16,384, 1 to 1,048,576.</summary>
    [Range(1, 1_048_576)]
    public int MaxTextChars { get; set; } = 16_384;

    /// <summary>Labels per label set. Default 10,000, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxLabels { get; set; } = 10_000;

    /// <summary>Templates per label set. Default 256, 1 to 10,000.</summary>
    [Range(1, 10_000)]
    public int MaxTemplates { get; set; } = 256;

    /// <summary>
    /// Sentences (labels × templates) per label set. Default 100,000, enough for ImageNet's 1,000 classes with 80
    /// templates; 1 to 10,000,000. Each sentence is embedded by the text tower.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaxLabelSentences { get; set; } = 100_000;

    /// <summary>
    /// Bytes that the embeddings of all stored label sets may use; beyond it the least recently used sets are evicted.
    /// Default 256 MiB, 1 MiB to 64 GiB.
    /// </summary>
    [Range(typeof(long), "1048576", "68719476736")]
    public long MaxLabelSetBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// Inputs or frames per stream that wait for their response; at this limit the server stops reading. Default 64,
    /// 1 to 4,096.
    /// </summary>
    [Range(1, 4_096)]
    public int MaxStreamWindow { get; set; } = 64;

    /// <summary>
    /// Bytes of the inputs or frames per stream that wait for their response; at this limit the server stops reading.
    /// Default 128 MiB, four messages of the default maximum size; 1 MiB to 64 GiB.
    /// </summary>
    [Range(typeof(long), "1048576", "68719476736")]
    public long MaxStreamBytes { get; set; } = 128L * 1024 * 1024;

    /// <summary>
    /// The deadline of a call that has none, and of each item of a stream that has none. DEADLINE_EXCEEDED if the item
    /// has not been run by then. Default 5 minutes, 1 s to 24 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan DefaultDeadline { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Bytes that all requests together may use, in addition to the models and the runtime. Default 0: three quarters
    /// of the memory of the container or machine that the process does not use once the models are loaded. At least
    /// eleven messages of the maximum size, even if set to less. At most 1 PiB.
    /// </summary>
    [Range(typeof(long), "0", "1125899906842624")]
    public long MemoryBudget { get; set; }

    /// <summary>
    /// How long a call waits for memory before it is rejected; streams wait for as long as they are open. Default 5
    /// seconds, 0 to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MaxMemoryWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The interval in which at least one eighth of an incomplete message must arrive. Default 30 seconds, 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MessageTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Open connections; further ones are closed. Default 0: as many as there are receive windows of 1 MiB in one
    /// eighth of the memory of the container or machine, but at most 10,000. At most 1,000,000.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxConnections { get; set; }

    /// <summary>Open calls and streams of all callers; further ones are rejected. Default 10,000, 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxOpenCalls { get; set; } = 10_000;

    /// <summary>
    /// Open calls and streams per caller; further ones are rejected. Default 1,000, 1 to 1,000,000. An API key can have
    /// its own, lower limit.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxCallerCalls { get; set; } = 1_000;

    /// <summary>
    /// Width × height per image before it is resized, as stated in its header. Default 64 million pixels (256 MB while
    /// it is decoded), 1 to 268,435,456.
    /// </summary>
    [Range(typeof(long), "1", "268435456")]
    public long MaxImagePixels { get; set; } = 64_000_000;

    /// <summary>Pixels of the longer side of an image. Default 16,384, 1 to 65,535.</summary>
    [Range(1, 65_535)]
    public int MaxImageSide { get; set; } = 16_384;

    // The size of a file is bounded by the size of the message that contains it.
    public ImageLimits ToImageLimits() => new()
    {
        MaxPixels = MaxImagePixels,
        MaxDimension = MaxImageSide,
    };
}
