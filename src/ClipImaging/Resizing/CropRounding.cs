namespace ClipGrpc.Imaging.Resizing;

/// <summary>How the offset (length − size) / 2 of a centre crop is rounded.</summary>
internal enum CropRounding
{
    /// <summary>Half to even, as torchvision does: OpenCLIP checkpoints.</summary>
    HalfEven,

    /// <summary>Down, as transformers does.</summary>
    Floor,
}
