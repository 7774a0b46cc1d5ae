using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// Scales an image with one of Pillow's filters and crops it, bit by bit as Pillow would, computing only the rows and
/// columns that the crop keeps. Bytes are clipped between the two passes, as Pillow's are.
/// </summary>
internal static class ImageResizer
{
    /// <param name="target">Size × Size × 3 RGB bytes.</param>
    /// <exception cref="ClipException">The source is damaged or cut off.</exception>
    public static void Run(IPixelRows source, ResizePlan plan, Span<byte> target)
    {
        using var horizontal = ResizeKernel.Create(
            plan.SourceWidth, plan.ScaledWidth, plan.CropX, plan.Size, plan.Filter);
        using var vertical = ResizeKernel.Create(
            plan.SourceHeight, plan.ScaledHeight, plan.CropY, plan.Size, plan.Filter);
        if (plan.VerticalFirst)
            RunVerticalFirst(source, horizontal, vertical, target);
        else
            RunHorizontalFirst(source, horizontal, vertical, target);
    }

    private static void RunHorizontalFirst(
        IPixelRows source, ResizeKernel horizontal, ResizeKernel vertical, Span<byte> target)
    {
        var (first, end) = (vertical.FirstInput, vertical.EndInput);
        var stride = HorizontalPass.TargetStride(horizontal.Outputs);
        var narrow = LargeBuffers.Rent(checked((end - first) * stride));
        try
        {
            for (var y = first; y < end; y += PixelRows.MaxRowsPerRead)
            {
                var rows = Math.Min(PixelRows.MaxRowsPerRead, end - y);
                var strip = source.Read(y, rows);
                HorizontalPass.Run(strip, source.Width * 4, 0, rows, horizontal, narrow.AsSpan((y - first) * stride));
            }

            source.Complete();
            VerticalPass.Run(narrow, stride, first, horizontal.Outputs * 3, vertical, target);
        }
        finally
        {
            LargeBuffers.Return(narrow);
        }
    }

    private static void RunVerticalFirst(
        IPixelRows source, ResizeKernel horizontal, ResizeKernel vertical, Span<byte> target)
    {
        var (first, end) = (vertical.FirstInput, vertical.EndInput);
        var wideStride = source.Width * 4;
        var wide = LargeBuffers.Rent(checked((end - first) * wideStride));
        var low = LargeBuffers.Rent((vertical.Outputs * wideStride) + PixelRows.Padding);
        var narrowStride = HorizontalPass.TargetStride(horizontal.Outputs);
        var narrow = LargeBuffers.Rent(vertical.Outputs * narrowStride);
        try
        {
            for (var y = first; y < end; y += PixelRows.MaxRowsPerRead)
            {
                var rows = Math.Min(PixelRows.MaxRowsPerRead, end - y);
                source.Read(y, rows)[..(rows * wideStride)].CopyTo(wide.AsSpan((y - first) * wideStride));
            }

            source.Complete();
            VerticalPass.Run(wide, wideStride, first, wideStride, vertical, low);
            HorizontalPass.Run(low, wideStride, 0, vertical.Outputs, horizontal, narrow);
            var width = horizontal.Outputs * 3;
            for (var y = 0; y < vertical.Outputs; y++)
                narrow.AsSpan(y * narrowStride, width).CopyTo(target[(y * width)..]);
        }
        finally
        {
            LargeBuffers.Return(wide);
            LargeBuffers.Return(low);
            LargeBuffers.Return(narrow);
        }
    }
}
