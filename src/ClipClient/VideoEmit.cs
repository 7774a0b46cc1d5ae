namespace ClipGrpc.Client;

/// <summary>Which frames of a video have a result.</summary>
public enum VideoEmit
{
    /// <summary>Every frame.</summary>
    EveryFrame,

    /// <summary>
    /// Only frames at which a segment starts or ends, frames that start a new scene, frames with an error, and the ends
    /// of sources. Requires <see cref="VideoCallOptions.Events"/>.
    /// </summary>
    Changes,
}
