namespace ClipGrpc.Tests.Images;

/// <summary>GIFs of one frame and up to 16 colors, hardly compressed.</summary>
internal sealed class GifWriter(int width, int height)
{
    private const int Bits = 4;

    public byte[]? Palette { get; init; }

    public byte Background { get; init; }

    public byte[] Frame(
        byte[] indices,
        int frameWidth,
        int frameHeight,
        int left = 0,
        int top = 0,
        byte[]? local = null,
        int transparent = -1,
        bool isInterlaced = false)
    {
        byte[] control = transparent < 0 ? [] : [0x21, 0xF9, 4, 1, 0, 0, (byte)transparent, 0];
        var flags = PaletteFlags(local) | (isInterlaced ? 0x40 : 0);
        return
        [
            .. "GIF89a"u8, .. Number(width), .. Number(height), (byte)PaletteFlags(Palette), Background, 0,
            .. Palette ?? [], .. control,
            0x2C, .. Number(left), .. Number(top), .. Number(frameWidth), .. Number(frameHeight), (byte)flags,
            .. local ?? [], Bits, .. Blocks(Encode(indices)), 0, 0x3B,
        ];
    }

    private static int PaletteFlags(byte[]? palette) =>
        palette is null ? 0 : 0x80 | (int.Log2(palette.Length / 3) - 1);

    private static byte[] Number(int value) => [(byte)value, (byte)(value >> 8)];

    /// <summary>A clear code before the codes would need more bits.</summary>
    private static byte[] Encode(byte[] indices)
    {
        const int Clear = 1 << Bits;
        var codes = indices.Chunk(Clear - 3).SelectMany(chunk => chunk.Select(index => (int)index).Prepend(Clear))
            .Append(Clear + 1);
        var bytes = new List<byte>();
        var (buffer, bits) = (0, 0);
        foreach (var code in codes)
        {
            buffer |= code << bits;
            for (bits += Bits + 1; bits >= 8; bits -= 8, buffer >>= 8)
                bytes.Add((byte)buffer);
        }

        return [.. bytes, (byte)buffer];
    }

    private static IEnumerable<byte> Blocks(byte[] data) =>
        data.Chunk(255).SelectMany(block => block.Prepend((byte)block.Length));
}
