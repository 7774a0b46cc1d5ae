namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// What a model wants an image to be: resized as <paramref name="Mode"/> and <paramref name="Filter"/> state, then
/// cropped to Size × Size around the center. Normalization is part of the graph, so the result is RGB bytes.
/// </summary>
/// <param name="Rounding">Of the crop's offset; without effect where nothing is cropped.</param>
internal sealed record ImageTransform(
    int Size, CropRounding Rounding, ResizeMode Mode = ResizeMode.ShortestEdge,
    ResizeFilter Filter = ResizeFilter.Bicubic)
{
    private readonly int _edge = Size;

    /// <summary>What the edges are resized to before the crop; at least Size, and that if it is not set.</summary>
    public int Edge
    {
        get => _edge;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, Size);
            _edge = value;
        }
    }
}
