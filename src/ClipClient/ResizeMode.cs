namespace ClipGrpc.Client;

/// <summary>How an image of any aspect ratio becomes a square.</summary>
public enum ResizeMode
{
    /// <summary>A mode of a newer server that is unknown to this version.</summary>
    Unknown,

    /// <summary>The shortest edge is resized, the other one in proportion, rounded down.</summary>
    ShortestEdge,

    /// <summary>Both edges are resized to the same length.</summary>
    Squash,
}
