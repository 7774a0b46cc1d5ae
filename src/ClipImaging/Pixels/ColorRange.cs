namespace ClipGrpc.Imaging.Pixels;

/// <summary>Which values of YUV samples are black, white and full saturation.</summary>
internal enum ColorRange
{
    /// <summary>16 to 235 for Y and 16 to 240 for U and V; four times that for 10 bits.</summary>
    Limited,

    /// <summary>All values.</summary>
    Full,
}
