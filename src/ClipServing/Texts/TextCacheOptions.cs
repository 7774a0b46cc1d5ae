using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Serving.Texts;

/// <summary>How many text embeddings a model keeps.</summary>
internal sealed class TextCacheOptions
{
    /// <summary>
    /// Bytes per model, texts and bookkeeping included; 0 keeps none. Default 64 MiB, about 28,000 short texts at 512
    /// dimensions. 0 to 64 GiB.
    /// </summary>
    [Range(typeof(long), "0", "68719476736")]
    public long MaxBytes { get; set; } = 64L << 20;
}
