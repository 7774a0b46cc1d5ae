namespace ClipGrpc.Client;

/// <summary>How the offset (length − size) / 2 of the center crop is rounded.</summary>
public enum CropRounding
{
    /// <summary>A rounding of a newer server that is unknown to this version.</summary>
    Unknown,

    /// <summary>Half to even, as torchvision does.</summary>
    HalfEven,

    /// <summary>Down, as transformers does.</summary>
    Floor,
}
