namespace ClipGrpc.Client;

/// <summary>Why a frame was not classified.</summary>
public enum FrameDropReason
{
    /// <summary>A newer frame of its source came while it waited: <see cref="VideoCallOptions.DropPolicy"/>.</summary>
    NewerFrame,

    /// <summary>Its source has more frames than <see cref="VideoCallOptions.MaxFps"/>.</summary>
    MaxFps,

    /// <summary>It waited longer than <see cref="VideoCallOptions.MaxAge"/>.</summary>
    MaxAge,

    /// <summary>A reason that this version of the client does not know.</summary>
    Other,
}
