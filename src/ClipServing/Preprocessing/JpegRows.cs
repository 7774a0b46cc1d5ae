using System.Diagnostics.CodeAnalysis;
using ClipGrpc.Imaging.Pixels;
using SkiaSharp;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>A JPEG, decoded strip by strip: the strip is scaled while it is in the cache.</summary>
internal sealed unsafe class JpegRows : IPixelRows
{
    private readonly SKCodec _codec;
    private readonly int _encodedLength;
    private readonly bool _hasEndMark;
    private readonly byte[] _strip;
    private int _next;

    /// <param name="codec">At its start; stays the caller's.</param>
    /// <exception cref="ClipException">The image is damaged or cut off.</exception>
    public JpegRows(SKCodec codec, int encodedLength, bool hasEndMark)
    {
        _codec = codec;
        _encodedLength = encodedLength;
        _hasEndMark = hasEndMark;
        Width = codec.Info.Width;
        Height = codec.Info.Height;
        var result = codec.StartScanlineDecode(ImageDecoder.PixelsOf(codec));
        if (result != SKCodecResult.Success)
            ThrowIncomplete();
        _strip = LargeBuffers.Rent((PixelRows.MaxRowsPerRead * Width * 4) + PixelRows.Padding);
    }

    public int Width { get; }

    public int Height { get; }

    public ReadOnlySpan<byte> Read(int first, int count)
    {
        while (_next < first)
            Decode(Math.Min(PixelRows.MaxRowsPerRead, first - _next));
        Decode(count);
        return _strip.AsSpan(0, (count * Width * 4) + PixelRows.Padding);
    }

    public void Complete()
    {
        while (_next < Height)
            Decode(Math.Min(PixelRows.MaxRowsPerRead, Height - _next));
    }

    public void Dispose() => LargeBuffers.Return(_strip);

    private void Decode(int count)
    {
        fixed (byte* strip = _strip)
        {
            var decoded = _codec.GetScanlines((nint)strip, count, Width * 4);
            if (decoded < count)
                ThrowIncomplete();
        }

        _next += count;
    }

    /// <summary>Without the end mark it is unknown whether the last bits are there, and Pillow refuses too.</summary>
    [DoesNotReturn]
    private void ThrowIncomplete() => InvalidImage.Throw(
        _hasEndMark
            ? $"The JPEG image is damaged: its {_encodedLength:N0} bytes do not contain all of its " +
                $"{Width} × {Height} pixels."
            : $"The JPEG image is truncated: its {_encodedLength:N0} bytes end without an end marker (FFD9).");
}
