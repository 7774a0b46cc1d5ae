namespace ClipGrpc.Client;

/// <summary>Where the raw frames of a video are resized and cropped to the model's size.</summary>
public enum FramePreparation
{
    /// <summary>
    /// By the client, if this makes frames smaller and the server reports how it prepares images. The result is the
    /// same. Frames from image files are sent unchanged.
    /// </summary>
    Auto,

    /// <summary>By the server: frames are sent unchanged.</summary>
    Server,
}
