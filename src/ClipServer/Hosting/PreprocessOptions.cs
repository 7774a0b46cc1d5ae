using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Hosting;

/// <summary>Section <c>Clip:Preprocess</c>: decoding pictures and splitting texts into tokens.</summary>
internal sealed class PreprocessOptions
{
    /// <summary>Pictures and texts prepared at once. Default 0, one for each core; at most 1,024.</summary>
    [Range(0, 1_024)]
    public int Threads { get; set; }

    /// <summary>Pictures and texts that may wait to be prepared; beyond it calls are turned away. Default 1,024, 1 to
    /// 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1_024;
}
