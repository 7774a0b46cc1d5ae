namespace ClipGrpc.Imaging.Resizing;

/// <summary>How an image of any shape becomes a square.</summary>
internal enum ResizeMode
{
    /// <summary>The shortest edge is resized to the square's side, and the center is cropped.</summary>
    ShortestEdge,

    /// <summary>Both edges are resized to the square's side, whatever the aspect ratio; nothing is cropped.</summary>
    Squash,
}
