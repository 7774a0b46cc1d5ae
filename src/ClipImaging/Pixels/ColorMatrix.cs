namespace ClipGrpc.Imaging.Pixels;

/// <summary>How the colors of a YUV image were made from RGB.</summary>
internal enum ColorMatrix
{
    /// <summary>Standard definition.</summary>
    Bt601,

    /// <summary>High definition.</summary>
    Bt709,

    /// <summary>Ultra high definition, with non-constant luminance.</summary>
    Bt2020,
}
