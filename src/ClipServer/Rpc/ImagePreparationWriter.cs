using ClipGrpc.Imaging.Resizing;
using ClipGrpc.V1;
using CropRounding = ClipGrpc.Imaging.Resizing.CropRounding;
using ResizeFilter = ClipGrpc.Imaging.Resizing.ResizeFilter;
using ResizeMode = ClipGrpc.Imaging.Resizing.ResizeMode;

namespace ClipGrpc.Server.Rpc;

/// <summary>Reports how a model's images are prepared.</summary>
internal static class ImagePreparationWriter
{
    public static ImagePreparation Write(ImageTransform transform) => new()
    {
        Size = (uint)transform.Size,
        Edge = (uint)transform.Edge,
        Mode = transform.Mode switch
        {
            ResizeMode.ShortestEdge => V1.ResizeMode.ShortestEdge,
            ResizeMode.Squash => V1.ResizeMode.Squash,
            var other => throw new ArgumentOutOfRangeException(nameof(transform), other, null),
        },
        Filter = transform.Filter switch
        {
            ResizeFilter.Bicubic => V1.ResizeFilter.Bicubic,
            ResizeFilter.Bilinear => V1.ResizeFilter.Bilinear,
            ResizeFilter.Lanczos => V1.ResizeFilter.Lanczos,
            ResizeFilter.Box => V1.ResizeFilter.Box,
            ResizeFilter.Hamming => V1.ResizeFilter.Hamming,
            var other => throw new ArgumentOutOfRangeException(nameof(transform), other, null),
        },
        CropRounding = transform.Rounding switch
        {
            CropRounding.HalfEven => V1.CropRounding.HalfEven,
            CropRounding.Floor => V1.CropRounding.Floor,
            var other => throw new ArgumentOutOfRangeException(nameof(transform), other, null),
        },
    };
}
