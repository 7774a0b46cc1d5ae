using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>
/// How the server resizes and crops images for a model; <see cref="ClipImage.Prepare(ClipModel, AlphaMode)"/> does the
/// same.
/// </summary>
public sealed record ClipImagePreparation
{
    /// <summary>Side of the prepared image, in pixels.</summary>
    public int Size { get; init; }

    /// <summary>
    /// What edges are resized to, as <see cref="Mode"/> states, before the center is cropped to size × size.
    /// </summary>
    public int Edge { get; init; }

    /// <summary>How an image of any aspect ratio becomes a square.</summary>
    public ResizeMode Mode { get; init; }

    /// <summary>Pillow's filter, with its rounding.</summary>
    public ResizeFilter Filter { get; init; }

    /// <summary>How the offset of the center crop is rounded.</summary>
    public CropRounding CropRounding { get; init; }

    internal static ClipImagePreparation From(V1.ImagePreparation preparation) => new()
    {
        Size = WireNumbers.Int(preparation.Size),
        Edge = WireNumbers.Int(preparation.Edge),
        Mode = WireEnums.FromWire(preparation.Mode),
        Filter = WireEnums.FromWire(preparation.Filter),
        CropRounding = WireEnums.FromWire(preparation.CropRounding),
    };
}
