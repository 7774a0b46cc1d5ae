using System.Buffers.Binary;
using System.Numerics;

namespace ClipGrpc.Imaging.Files;

/// <summary>The bits of a BMP's pixel that each color has; alpha 0 where there is none.</summary>
internal readonly record struct BmpMasks(uint Red, uint Green, uint Blue, uint Alpha)
{
    /// <summary>Five bits each, which pixels of 16 bits have without masks.</summary>
    public static BmpMasks Rgb555 { get; } = new(0x7C00, 0x3E0, 0x1F, 0);

    public static BmpMasks Rgb565 { get; } = new(0xF800, 0x7E0, 0x1F, 0);

    /// <summary>Whole bytes, which pixels of 24 and 32 bits have without masks.</summary>
    public static BmpMasks Bgr { get; } = new(0xFF0000, 0xFF00, 0xFF, 0);

    public static BmpMasks Bgra { get; } = Bgr with { Alpha = 0xFF000000 };

    public static BmpMasks Read(ReadOnlySpan<byte> bytes, bool hasAlpha)
    {
        var masks = new BmpMasks(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            hasAlpha ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) : 0);
        return masks == default ? Bgra : masks;
    }

    /// <summary>Whole bytes, or what pixels of 16 bits have in practice.</summary>
    public bool AreSupported(int bits) => bits switch
    {
        16 => this with { Alpha = 0 } is var colors && (colors == Rgb555 || colors == Rgb565),
        24 => this with { Alpha = 0 } == Bgr,
        32 => IsByte(Red) && IsByte(Green) && IsByte(Blue) && (Alpha == 0 || IsByte(Alpha))
            && BitOperations.PopCount(Red | Green | Blue | Alpha) == (Alpha == 0 ? 24 : 32),
        _ => false,
    };

    public override string ToString() => $"{Red:X8} {Green:X8} {Blue:X8} {Alpha:X8}";

    private static bool IsByte(uint mask) => mask is 0xFF or 0xFF00 or 0xFF0000 or 0xFF000000;
}
