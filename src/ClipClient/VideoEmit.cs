namespace ClipGrpc.Client;

/// <summary>Which frames of a video have a result.</summary>
public enum VideoEmit
{
    /// <summary>Every frame.</summary>
    EveryFrame,

    /// <summary>
    /// Only frames with a segment that begins or ends, with a change of the scene, or with an error, and the ends of
    /// sources. Needs <see cref="VideoCallOptions.Events"/>.
    /// </summary>
    Changes,
}
