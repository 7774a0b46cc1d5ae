namespace ClipGrpc.Client;

/// <summary>Which values of YUV samples are black, white and full saturation.</summary>
public enum ColorRange
{
    /// <summary>
    /// Also called TV, MPEG or studio range: 16 to 235 for Y, 16 to 240 for U and V. Four times that for 10 bits.
    /// </summary>
    Limited,

    /// <summary>Also called PC or JPEG range: all values, as MJPEG cameras and many phones deliver.</summary>
    Full,
}
