namespace ClipGrpc.Client;

/// <summary>Why a frame was not classified.</summary>
public enum FrameDropReason
{
    /// <summary>
    /// A newer frame of its source arrived while it waited: <see cref="VideoCallOptions.DropPolicy"/>.
    /// </summary>
    NewerFrame,

    /// <summary>The frame rate of its source exceeds <see cref="VideoCallOptions.MaxFps"/>.</summary>
    MaxFps,

    /// <summary>It waited longer than <see cref="VideoCallOptions.MaxAge"/>.</summary>
    MaxAge,

    /// <summary>A reason that is unknown to this version of the client.</summary>
    Other,
}
