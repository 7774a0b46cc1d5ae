namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// What a model wants an image to be: shortest edge resized (bicubic) to <paramref name="Size"/>, then cropped to
/// Size × Size around the centre. Normalisation is part of the graph, so the result is RGB bytes.
/// </summary>
internal sealed record ImageTransform(int Size, CropRounding Rounding);
