using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>How to classify.</summary>
public sealed record ClassifyCallOptions : ClipCallOptions
{
    /// <summary>Predictions per image, most probable first; 0, the default, means all labels.</summary>
    public int TopK { get; init; }

    internal ClassifyOptions ToMessage() => new() { Image = Image, Priority = Priority };
}
