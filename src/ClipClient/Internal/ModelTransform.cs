using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Client.Internal;

/// <summary>How a model's images are prepared, as its server reports it.</summary>
internal static class ModelTransform
{
    private const int MaxSize = 4096;
    private const int MaxEdge = 65_535;

    /// <summary>Null if the server does not report it, or reports a value that is unknown to this client.</summary>
    public static ImageTransform? Of(ClipImagePreparation? preparation)
    {
        if (preparation is not { Size: >= 1 and <= MaxSize } reported
            || reported.Edge < reported.Size || reported.Edge > MaxEdge
            || ReadMode(reported.Mode) is not { } mode
            || ReadFilter(reported.Filter) is not { } filter
            || ReadRounding(reported.CropRounding) is not { } rounding)
        {
            return null;
        }

        return new ImageTransform(reported.Size, rounding, mode, filter) { Edge = reported.Edge };
    }

    private static Imaging.Resizing.ResizeMode? ReadMode(ResizeMode mode) => mode switch
    {
        ResizeMode.ShortestEdge => Imaging.Resizing.ResizeMode.ShortestEdge,
        ResizeMode.Squash => Imaging.Resizing.ResizeMode.Squash,
        _ => null,
    };

    private static Imaging.Resizing.ResizeFilter? ReadFilter(ResizeFilter filter) => filter switch
    {
        ResizeFilter.Bicubic => Imaging.Resizing.ResizeFilter.Bicubic,
        ResizeFilter.Bilinear => Imaging.Resizing.ResizeFilter.Bilinear,
        ResizeFilter.Lanczos => Imaging.Resizing.ResizeFilter.Lanczos,
        ResizeFilter.Box => Imaging.Resizing.ResizeFilter.Box,
        ResizeFilter.Hamming => Imaging.Resizing.ResizeFilter.Hamming,
        _ => null,
    };

    private static Imaging.Resizing.CropRounding? ReadRounding(CropRounding rounding) => rounding switch
    {
        CropRounding.HalfEven => Imaging.Resizing.CropRounding.HalfEven,
        CropRounding.Floor => Imaging.Resizing.CropRounding.Floor,
        _ => null,
    };
}
