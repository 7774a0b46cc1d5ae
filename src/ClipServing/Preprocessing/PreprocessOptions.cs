using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>Section <c>Clip:Preprocess</c>: decoding and resizing images.</summary>
internal sealed class PreprocessOptions
{
    /// <summary>
    /// Small images decoded and resized concurrently, and as many large ones. Default 0: one per core; at most 1,024.
    /// </summary>
    [Range(0, 1_024)]
    public int Threads { get; set; }

    public int EffectiveThreads => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <summary>
    /// Images of each priority, small and large ones each, that may wait for decoding; at this limit calls are rejected
    /// and streams wait. Default 1,024, 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1_024;
}
