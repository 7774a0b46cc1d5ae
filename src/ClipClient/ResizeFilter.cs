namespace ClipGrpc.Client;

/// <summary>The filters of Pillow that are used.</summary>
public enum ResizeFilter
{
    /// <summary>A filter of a newer server, which this version does not know.</summary>
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
