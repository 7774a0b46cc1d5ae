using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Serving.Texts;

/// <summary>Section <c>Clip:TextCache</c>: the cache of text embeddings.</summary>
internal sealed class TextCacheOptions
{
    /// <summary>
    /// Bytes per model, including the texts and bookkeeping; 0 disables the cache. Default 64 MiB, enough for about
    /// 28,000 short texts at 512 dimensions. 0 to 64 GiB.
    /// </summary>
    [Range(typeof(long), "0", "68719476736")]
    public long MaxBytes { get; set; } = 64L << 20;
}
