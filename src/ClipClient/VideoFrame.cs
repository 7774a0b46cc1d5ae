namespace ClipGrpc.Client;

/// <summary>A frame of a video.</summary>
/// <param name="Id">The caller's number; comes back with the response.</param>
/// <param name="Timestamp">
/// Presentation time, sent in whole microseconds and returned with the result. With
/// <see cref="VideoCallOptions.MaxFps"/>, <see cref="VideoCallOptions.SmoothingHalfLife"/> or
/// <see cref="VideoCallOptions.Events"/>, it should not decrease within a source: these restart with a frame for which
/// it does.
/// </param>
/// <param name="Image">The image; raw pixels spare encoding and decoding.</param>
public sealed record VideoFrame(ulong Id, TimeSpan Timestamp, ClipImage Image)
{
    /// <summary>
    /// The camera or video that the frame belongs to, at most 128 bytes of UTF-8; empty by default. The sources of a
    /// stream, at most 256, are independent of each other: the order of results, the drop policy, smoothing, the
    /// comparison with other frames, segments and counters.
    /// </summary>
    public string SourceId { get; init; } = "";

    /// <summary>
    /// Labels that replace those of the call, for this frame and all later ones, of all sources; null, the default,
    /// keeps the labels. With the next frame of each source, smoothing starts again and open segments end.
    /// </summary>
    public ClipLabels? Labels { get; init; }
}
