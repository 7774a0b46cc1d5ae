namespace ClipGrpc.Imaging.Pixels;

/// <summary>How the colours of a YUV image were made from RGB. Both are of limited range (16–235, 16–240).</summary>
internal enum ColorMatrix
{
    /// <summary>Standard definition.</summary>
    Bt601,

    /// <summary>High definition.</summary>
    Bt709,
}
