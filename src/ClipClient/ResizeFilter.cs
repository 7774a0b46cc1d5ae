namespace ClipGrpc.Client;

/// <summary>The filters of Pillow that are used.</summary>
public enum ResizeFilter
{
    /// <summary>A filter of a newer server that is unknown to this version.</summary>
    Unknown,

    /// <summary>Bicubic.</summary>
    Bicubic,

    /// <summary>Bilinear.</summary>
    Bilinear,

    /// <summary>Lanczos.</summary>
    Lanczos,

    /// <summary>Box.</summary>
    Box,

    /// <summary>Hamming.</summary>
    Hamming,
}
