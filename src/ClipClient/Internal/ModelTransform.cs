using ClipGrpc.Imaging.Resizing;
using ClipGrpc.V1;
using CropRounding = ClipGrpc.Imaging.Resizing.CropRounding;
using ResizeFilter = ClipGrpc.Imaging.Resizing.ResizeFilter;
using ResizeMode = ClipGrpc.Imaging.Resizing.ResizeMode;

namespace ClipGrpc.Client.Internal;

/// <summary>How a model's images are prepared, as its server reports it.</summary>
internal static class ModelTransform
{
    private const uint MaxSize = 4096;
    private const uint MaxEdge = 65_535;

    /// <summary>Null where the server does not report it, or reports what this client does not know.</summary>
    public static ImageTransform? Of(Model model)
    {
        if (model.ImagePreparation is not { Size: >= 1 and <= MaxSize } reported
            || reported.Edge < reported.Size || reported.Edge > MaxEdge
            || ReadMode(reported.Mode) is not { } mode
            || ReadFilter(reported.Filter) is not { } filter
            || ReadRounding(reported.CropRounding) is not { } rounding)
        {
            return null;
        }

        return new ImageTransform((int)reported.Size, rounding, mode, filter) { Edge = (int)reported.Edge };
    }

    private static ResizeMode? ReadMode(V1.ResizeMode mode) => mode switch
    {
        V1.ResizeMode.ShortestEdge => ResizeMode.ShortestEdge,
        V1.ResizeMode.Squash => ResizeMode.Squash,
        _ => null,
    };

    private static ResizeFilter? ReadFilter(V1.ResizeFilter filter) => filter switch
    {
        V1.ResizeFilter.Bicubic => ResizeFilter.Bicubic,
        V1.ResizeFilter.Bilinear => ResizeFilter.Bilinear,
        V1.ResizeFilter.Lanczos => ResizeFilter.Lanczos,
        V1.ResizeFilter.Box => ResizeFilter.Box,
        V1.ResizeFilter.Hamming => ResizeFilter.Hamming,
        _ => null,
    };

    private static CropRounding? ReadRounding(V1.CropRounding rounding) => rounding switch
    {
        V1.CropRounding.HalfEven => CropRounding.HalfEven,
        V1.CropRounding.Floor => CropRounding.Floor,
        _ => null,
    };
}
