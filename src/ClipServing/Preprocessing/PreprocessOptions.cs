using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>Section <c>Clip:Preprocess</c>: decoding and resizing images.</summary>
internal sealed class PreprocessOptions
{
    /// <summary>Images prepared at once. Default 0, one for each core; at most 1,024.</summary>
    [Range(0, 1_024)]
    public int Threads { get; set; }

    public int EffectiveThreads => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <summary>Images of one priority that may wait to be prepared; beyond it calls are turned away. Default 1,024,
    /// 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1_024;
}
