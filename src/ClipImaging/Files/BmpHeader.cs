using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>The headers of a BMP, checked.</summary>
/// <param name="Height">Positive; see <paramref name="IsTopDown"/>.</param>
/// <param name="Bits">Per pixel: 1, 4, 8, 16, 24 or 32.</param>
/// <param name="PaletteEntryLength">4, or 3 with the header of OS/2.</param>
/// <param name="PaletteOffset">Behind the headers and the masks.</param>
/// <param name="PixelOffset">Where the rows begin.</param>
internal readonly record struct BmpHeader(
    uint Width,
    uint Height,
    bool IsTopDown,
    int Bits,
    BmpCompression Compression,
    BmpMasks Masks,
    long Colors,
    int PaletteEntryLength,
    int PaletteOffset,
    long PixelOffset)
{
    private const string Format = "BMP";
    private const int FileHeaderLength = 14;
    private const int Os2Length = 12;
    private const int InfoLength = 40;
    private const int MasksLength = 12;

    /// <summary>Whether the rows have no position that is known without decoding those before.</summary>
    public bool IsRuns => Compression is BmpCompression.RunLength8 or BmpCompression.RunLength4;

    /// <exception cref="ClipException">Cut off, or of a kind that does not exist or is not supported.</exception>
    public static BmpHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < FileHeaderLength + 4)
            ThrowCutOff();
        var length = BinaryPrimitives.ReadUInt32LittleEndian(file[FileHeaderLength..]);
        if (length is not (Os2Length or InfoLength or 52 or 56 or 64 or 108 or 124))
            ThrowUnsupported($"it has an unknown header of {length:N0} bytes");
        if (file.Length < FileHeaderLength + length)
            ThrowCutOff();

        var offset = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        var info = file.Slice(FileHeaderLength, (int)length);
        return (length == Os2Length ? ReadOs2(info) : ReadInfo(info, file[(FileHeaderLength + (int)length)..]))
            .WithOffset(offset, FileHeaderLength + (int)length);
    }

    private static BmpHeader ReadOs2(ReadOnlySpan<byte> info)
    {
        var bits = ReadUInt16(info[10..]);
        CheckBits(bits);
        return new BmpHeader(
            ReadUInt16(info[4..]), ReadUInt16(info[6..]), IsTopDown: false, bits, BmpCompression.None, default,
            1L << bits, PaletteEntryLength: 3, PaletteOffset: 0, PixelOffset: 0);
    }

    private static BmpHeader ReadInfo(ReadOnlySpan<byte> info, ReadOnlySpan<byte> behind)
    {
        var bits = ReadUInt16(info[14..]);
        var height = ReadUInt32(info[8..]);
        var isTopDown = info[11] == 0xFF;
        var colors = ReadUInt32(info[32..]);
        var compression = (BmpCompression)ReadUInt32(info[16..]);
        CheckBits(bits);
        if (compression > BmpCompression.Masks)
            ThrowUnsupported($"its compression is number {(uint)compression}");

        // The short header has the masks behind it, without one of alpha.
        var masks = default(BmpMasks);
        var paletteOffset = 0;
        if (compression == BmpCompression.Masks)
        {
            var hasOwnMasks = info.Length >= InfoLength + MasksLength;
            if (!hasOwnMasks && behind.Length < MasksLength)
                ThrowCutOff();
            masks = BmpMasks.Read(
                hasOwnMasks ? info[InfoLength..] : behind, hasAlpha: info.Length >= InfoLength + MasksLength + 4);
            paletteOffset = hasOwnMasks ? 0 : MasksLength;
            if (!masks.AreSupported(bits))
                ThrowUnsupported($"its color masks of {bits} bits are {masks}");
        }

        return new BmpHeader(
            ReadUInt32(info[4..]), isTopDown ? unchecked(0u - height) : height, isTopDown, bits, compression, masks,
            colors != 0 ? colors : 1L << bits, PaletteEntryLength: 4, paletteOffset, PixelOffset: 0);
    }

    /// <summary>Adds what depends on where the headers end.</summary>
    private BmpHeader WithOffset(uint offset, int headerEnd)
    {
        var palette = headerEnd + PaletteOffset;
        var rows = (long)offset;
        if (rows == headerEnd && Bits <= 8)
            rows += 4 * Colors;
        if (rows == 0)
            rows = palette + (Bits <= 8 ? Colors * PaletteEntryLength : 0);
        return this with { PaletteOffset = palette, PixelOffset = rows };
    }

    private static void CheckBits(int bits)
    {
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32))
            ThrowUnsupported($"it has {bits} bits per pixel");
    }

    private static void ThrowUnsupported(string what) =>
        InvalidImage.Throw(
            $"The BMP image is not supported: {what}. Save it with 24 bits per pixel.",
            ClipErrorReason.UnsupportedImage);

    private static void ThrowCutOff() => DamagedImage.Throw(Format, "it ends in its header");

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
