using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// The first frame of a GIF, as Pillow gives it: a canvas that grows with the frame, filled with the transparent color
/// or else the first one of the palette, and the frame on it.
/// </summary>
internal ref struct GifImage
{
    private const string Format = "GIF";
    private const int ScreenLength = 13;
    private const int DescriptorLength = 9;
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xF9;
    private const byte Comment = 0xFE;
    private const byte Application = 0xFF;
    private const byte Frame = 0x2C;
    private const byte Trailer = 0x3B;
    private const byte HasPalette = 0x80;
    private const byte Interlaced = 0x40;
    private readonly ReadOnlySpan<byte> _file;
    private readonly Span<uint> _colors;
    private int _position;
    private int _transparent = -1;

    private GifImage(ReadOnlySpan<byte> file, Span<uint> colors)
    {
        _file = file;
        _colors = colors;
    }

    /// <summary>RGBA; only the transparent color has an alpha other than 255, and that is 0.</summary>
    /// <exception cref="ClipException">Too large, cut off or damaged.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> file, ImageLimits limits, IDecodeRoom room)
    {
        Span<uint> colors = stackalloc uint[256];
        return new GifImage(file, colors).Decode(limits, room);
    }

    /// <returns>The pixels of the canvas.</returns>
    /// <exception cref="ClipException">Cut off or damaged.</exception>
    public static long ReadSize(ReadOnlySpan<byte> file)
    {
        new GifImage(file, colors: default).ReadHeader(out _, out _, out var width, out var height);
        return (long)width * height;
    }

    private void ReadHeader(
        out ReadOnlySpan<byte> globalPalette, out ReadOnlySpan<byte> descriptor, out int canvasWidth,
        out int canvasHeight)
    {
        var screen = Take(ScreenLength);
        globalPalette = TakePalette(screen[10]);
        SkipToFrame();
        descriptor = Take(DescriptorLength);
        canvasWidth = Math.Max(ReadUInt16(screen[6..]), ReadUInt16(descriptor) + ReadUInt16(descriptor[4..]));
        canvasHeight = Math.Max(ReadUInt16(screen[8..]), ReadUInt16(descriptor[2..]) + ReadUInt16(descriptor[6..]));
    }

    private PixelBuffer Decode(ImageLimits limits, IDecodeRoom room)
    {
        ReadHeader(out var globalPalette, out var descriptor, out var canvasWidth, out var canvasHeight);
        var (left, top) = (ReadUInt16(descriptor), ReadUInt16(descriptor[2..]));
        var (width, height) = (ReadUInt16(descriptor[4..]), ReadUInt16(descriptor[6..]));
        limits.CheckSize(canvasWidth, canvasHeight);
        if (width == 0 || height == 0)
            DamagedImage.Throw(Format, $"its first frame is {width} × {height} pixels");

        var localPalette = TakePalette(descriptor[8]);

        // A palette of grays in order counts as none, and the frame takes the other one.
        SetColors(IsGrayRamp(localPalette) ? globalPalette : localPalette);
        room.Take(canvasWidth, canvasHeight, (long)canvasWidth * canvasHeight * sizeof(uint));
        var target = new PixelBuffer(canvasWidth, canvasHeight);
        try
        {
            var pixels = MemoryMarshal.Cast<byte, uint>(target.Pixels);
            if (canvasWidth > width || canvasHeight > height)
                pixels.Fill(_colors[Math.Max(_transparent, 0)]);
            var isInterlaced = (descriptor[8] & Interlaced) != 0;
            var frame = new GifFrame(
                pixels[((top * canvasWidth) + left)..], canvasWidth, width, height, isInterlaced, _colors);
            var codeLength = Take(1)[0];
            var count = width * height;
            if (count == pixels.Length && !isInterlaced)
            {
                Write(ref frame, codeLength, target.Pixels[^count..]);
            }
            else
            {
                var indices = LargeBuffers.Rent(count);
                Write(ref frame, codeLength, indices.AsSpan(0, count));
                LargeBuffers.Return(indices);
            }

            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    private readonly void Write(ref GifFrame frame, int codeLength, Span<byte> indices)
    {
        GifLzw.Decode(_file[_position..], codeLength, indices);
        frame.Write(indices);
    }

    /// <summary>Reads what may come before a frame, up to and with the mark of one.</summary>
    private void SkipToFrame()
    {
        while (true)
        {
            switch (Take(1)[0])
            {
                case Extension:
                    ReadExtension();
                    break;
                case Frame:
                    return;
                case Trailer:
                    DamagedImage.Throw(Format, "it has no frame");
                    break;
            }
        }
    }

    private void ReadExtension()
    {
        var label = Take(1)[0];
        var block = TakeBlock();
        if (label == GraphicControl)
        {
            if (block.Length < 3 || ((block[0] & 1) != 0 && block.Length < 4))
                DamagedImage.Throw(Format, "its graphic control extension is too short");
            if ((block[0] & 1) != 0)
                _transparent = block[3];
        }

        // The blocks of a comment may be none; other extensions have at least one, and that of loops has two.
        if (label == Comment && block.IsEmpty)
            return;
        if (label == Application && block.StartsWith("NETSCAPE2.0"u8) && TakeBlock().IsEmpty)
            DamagedImage.Throw(Format, "its loop extension is too short");
        while (!TakeBlock().IsEmpty)
        {
        }
    }

    private ReadOnlySpan<byte> TakePalette(byte flags) =>
        (flags & HasPalette) != 0 ? Take(3 << ((flags & 7) + 1)) : default;

    /// <summary>A color that the palette lacks is the gray of its number.</summary>
    private readonly void SetColors(ReadOnlySpan<byte> palette)
    {
        for (var i = 0; i < _colors.Length; i++)
        {
            var (red, green, blue) = (i * 3) + 3 <= palette.Length
                ? (palette[i * 3], palette[(i * 3) + 1], palette[(i * 3) + 2])
                : ((byte)i, (byte)i, (byte)i);
            var alpha = i == _transparent ? 0 : 0xFFu;
            _colors[i] = red | ((uint)green << 8) | ((uint)blue << 16) | (alpha << 24);
        }
    }

    private static bool IsGrayRamp(ReadOnlySpan<byte> palette)
    {
        for (var i = 0; i < palette.Length; i++)
        {
            if (palette[i] != i / 3)
                return false;
        }

        return true;
    }

    private ReadOnlySpan<byte> TakeBlock()
    {
        var length = _position < _file.Length ? _file[_position++] : 0;
        var block = _file.Slice(_position, Math.Min(length, _file.Length - _position));
        _position += block.Length;
        return block;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _file.Length - _position)
            DamagedImage.Throw(Format, "it ends before the pixels of its first frame");

        _position += length;
        return _file.Slice(_position - length, length);
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
