namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// What a model wants an image to be: resized (bicubic) as <paramref name="Mode"/> states, then cropped to Size × Size
/// around the center. Normalization is part of the graph, so the result is RGB bytes.
/// </summary>
/// <param name="Rounding">Of the crop's offset; without effect where nothing is cropped.</param>
internal sealed record ImageTransform(int Size, CropRounding Rounding, ResizeMode Mode = ResizeMode.ShortestEdge);
