namespace ClipGrpc.Client;

/// <summary>A frame of a video.</summary>
/// <param name="Id">A number that is returned with the result.</param>
/// <param name="Timestamp">
/// Presentation time, sent in whole microseconds and returned with the result. With
/// <see cref="VideoCallOptions.MaxFps"/>, <see cref="VideoCallOptions.SmoothingHalfLife"/> or
/// <see cref="VideoCallOptions.Events"/>, it should not decrease within a source; if it does, they restart with that
/// frame.
/// </param>
/// <param name="Image">The image. Raw pixels avoid encoding and decoding.</param>
public sealed record VideoFrame(ulong Id, TimeSpan Timestamp, ClipImage Image)
{
    /// <summary>
    /// The camera or video that the frame belongs to, at most 128 bytes of UTF-8. Default: empty. A stream can have up
    /// to 256 sources. The order of results, the drop policy, smoothing, the comparison with other frames, segments and
    /// counters apply to each source separately.
    /// </summary>
    public string SourceId { get; init; } = "";

    /// <summary>
    /// Labels that replace the current ones for this frame and all later frames of all sources. Default: null, which
    /// keeps the current labels. With the next frame of each source, smoothing restarts and open segments end.
    /// </summary>
    public ClipLabels? Labels { get; init; }
}
