namespace ClipGrpc.Imaging.Pixels;

/// <summary>A part of an image, in pixels.</summary>
internal readonly record struct PixelBox(int Left, int Top, int Width, int Height);
