namespace ClipGrpc.Client;

/// <summary>Where the raw frames of a video are resized and cropped to the model's size.</summary>
public enum FramePreparation
{
    /// <summary>
    /// By the client, where that makes frames smaller and the server reports how it prepares images; the result is the
    /// same. Frames from image files are sent as they are.
    /// </summary>
    Auto,

    /// <summary>By the server: frames are sent as they are.</summary>
    Server,
}
