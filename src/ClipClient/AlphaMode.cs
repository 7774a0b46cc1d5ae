namespace ClipGrpc.Client;

/// <summary>How the alpha channel of an image is removed.</summary>
public enum AlphaMode
{
    /// <summary>The channel is dropped and the color values are kept, as the reference implementation does.</summary>
    Drop,

    /// <summary>The image is composited on white.</summary>
    White,
}
