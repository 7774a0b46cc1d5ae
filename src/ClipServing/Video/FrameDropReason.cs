namespace ClipGrpc.Serving.Video;

/// <summary>Why a frame was not run.</summary>
internal enum FrameDropReason
{
    /// <summary>A newer frame of its source came.</summary>
    NewerFrame,

    /// <summary>Its source has more frames than are wanted.</summary>
    MaxFps,

    /// <summary>It waited too long.</summary>
    MaxAge,
}
