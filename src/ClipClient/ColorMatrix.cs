namespace ClipGrpc.Client;

/// <summary>The coefficients that convert YUV to RGB.</summary>
public enum ColorMatrix
{
    /// <summary>ITU-R BT.601, standard definition.</summary>
    Bt601,

    /// <summary>ITU-R BT.709, high definition.</summary>
    Bt709,

    /// <summary>
    /// ITU-R BT.2020 with non-constant luminance, ultra high definition. Only the matrix is applied: HDR transfer
    /// functions (PQ, HLG) and the wide gamut are not converted.
    /// </summary>
    Bt2020,
}
