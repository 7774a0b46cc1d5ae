namespace ClipGrpc.Client;

/// <summary>A frame of a video.</summary>
/// <param name="Id">The caller's number; comes back with the response.</param>
/// <param name="Timestamp">Presentation time, sent in whole microseconds; comes back with the response.</param>
/// <param name="Image">The image; raw pixels spare encoding and decoding.</param>
public sealed record VideoFrame(ulong Id, TimeSpan Timestamp, ClipImage Image);
