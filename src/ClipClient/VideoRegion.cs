namespace ClipGrpc.Client;

/// <summary>
/// A part of the frames of a video, in fractions of their width and height after their rotation. Edges are rounded to
/// the nearest pixel; frames are cropped to the region before they are resized.
/// </summary>
/// <param name="Id">An id that is returned with the results: at most 64 bytes of UTF-8, and unique in a call.</param>
/// <param name="Left">0 to less than 1.</param>
/// <param name="Top">0 to less than 1.</param>
/// <param name="Width">More than 0; <paramref name="Left"/> + <paramref name="Width"/> is at most 1.</param>
/// <param name="Height">More than 0; <paramref name="Top"/> + <paramref name="Height"/> is at most 1.</param>
public sealed record VideoRegion(string Id, float Left, float Top, float Width, float Height);
