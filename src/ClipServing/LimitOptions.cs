using System.ComponentModel.DataAnnotations;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving;

/// <summary>Section <c>Clip:Limits</c>: what one call may ask for. ListModels tells clients of them.</summary>
internal sealed class LimitOptions
{
    /// <summary>
    /// Inputs, images or candidates per call. Default 256, 1 to 65,536. Never more than fit the queues: such a call
    /// would be refused however often it came again.
    /// </summary>
    [Range(1, 65_536)]
    public int MaxInputs { get; set; } = 256;

    /// <summary>Characters (UTF-16 units) of one text, label or template. Default 16,384, 1 to 1,048,576.</summary>
    [Range(1, 1_048_576)]
    public int MaxTextChars { get; set; } = 16_384;

    /// <summary>Labels of one set. Default 10,000, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxLabels { get; set; } = 10_000;

    /// <summary>Templates of one set. Default 256, 1 to 10,000.</summary>
    [Range(1, 10_000)]
    public int MaxTemplates { get; set; } = 256;

    /// <summary>
    /// Sentences (labels × templates) of one set. Default 100,000, which covers ImageNet's 1,000 classes in 80
    /// templates; 1 to 10,000,000. Each is a pass through the text tower.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaxLabelSentences { get; set; } = 100_000;

    /// <summary>
    /// Bytes of the embeddings of all kept label sets; the one used longest ago goes first. Default 256 MiB, 1 MiB to
    /// 64 GiB.
    /// </summary>
    [Range(typeof(long), "1048576", "68719476736")]
    public long MaxLabelSetBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// Inputs or frames of one stream that wait for a response; beyond it the server stops reading. Default 64, 1 to
    /// 4,096.
    /// </summary>
    [Range(1, 4_096)]
    public int MaxStreamWindow { get; set; } = 64;

    /// <summary>
    /// Bytes of the inputs or frames of one stream that wait for their response; the window is narrower where they are
    /// large. Default 128 MiB, four messages of the largest size; 1 MiB to 64 GiB.
    /// </summary>
    [Range(typeof(long), "1048576", "68719476736")]
    public long MaxStreamBytes { get; set; } = 128L * 1024 * 1024;

    /// <summary>
    /// How long a call without a deadline, and each item of such a stream, may wait to be run. What waits longer fails
    /// with DEADLINE_EXCEEDED. Default 5 minutes, 1 s to 24 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan DefaultDeadline { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Bytes that requests may take in the whole process, beside the models and the runtime. Default 0: three quarters
    /// of what the container or the machine has and the process does not use when the models are loaded. Never less
    /// than eleven messages of the largest size. At most 1 PiB.
    /// </summary>
    [Range(typeof(long), "0", "1125899906842624")]
    public long MemoryBudget { get; set; }

    /// <summary>
    /// How long a call waits for memory before it is refused; streams wait as long as they are open. Default 5 seconds,
    /// 0 to 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MaxMemoryWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// In each such time at least an eighth of an incomplete message must arrive. Default 30 seconds, 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MessageTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Connections at once; further ones are closed. Default 0: as many as have their receive windows, 1 MiB each, in
    /// an eighth of the container's or the machine's memory, but at most 10,000. At most 1,000,000.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxConnections { get; set; }

    /// <summary>Calls and streams that are open at once; further ones are refused. Default 10,000, 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxOpenCalls { get; set; } = 10_000;

    /// <summary>
    /// Calls and streams that one caller has open at once; further ones are refused. Default 1,000, 1 to 1,000,000. An
    /// API key can have a lower limit of its own.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxCallerCalls { get; set; } = 1_000;

    /// <summary>
    /// Width × height of one image before the resize, by its header. Default 64 million pixels (256 MB while it is
    /// decoded), 1 to 268,435,456.
    /// </summary>
    [Range(typeof(long), "1", "268435456")]
    public long MaxImagePixels { get; set; } = 64_000_000;

    /// <summary>Pixels of one side of an image. Default 16,384, 1 to 65,535.</summary>
    [Range(1, 65_535)]
    public int MaxImageSide { get; set; } = 16_384;

    // A file's bytes are bounded by the message that brings it.
    public ImageLimits ToImageLimits() => new()
    {
        MaxPixels = MaxImagePixels,
        MaxDimension = MaxImageSide,
    };
}
