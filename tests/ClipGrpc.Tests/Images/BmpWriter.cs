using System.Buffers.Binary;

namespace ClipGrpc.Tests.Images;

/// <summary>BMP files of any header.</summary>
internal static class BmpWriter
{
    private const int FileHeaderLength = 14;
    private const int InfoLength = 40;

    /// <param name="rows">From the top, without padding.</param>
    /// <param name="masks">Red, green, blue and alpha; in or behind the header, wherever it has room.</param>
    public static byte[] Write(
        int width,
        int height,
        int bits,
        byte[][] rows,
        int headerLength = InfoLength,
        byte[]? palette = null,
        uint[]? masks = null,
        bool isTopDown = false)
    {
        var stored = isTopDown ? rows : [.. rows.Reverse()];
        byte[] body = [.. stored.SelectMany(row => row.Concat(new byte[-row.Length & 3]))];
        return Assemble(
            width, isTopDown ? -height : height, bits, masks is null ? 0 : 3, headerLength, palette ?? [], masks ?? [],
            body);
    }

    public static byte[] WriteRuns(int width, int height, int bits, byte[] runs, byte[] palette) =>
        Assemble(width, height, bits, bits == 8 ? 1 : 2, InfoLength, palette, [], runs);

    private static byte[] Assemble(
        int width,
        int height,
        int bits,
        int compression,
        int headerLength,
        byte[] palette,
        uint[] masks,
        byte[] body)
    {
        var maskBytes = masks.SelectMany(BitConverter.GetBytes).ToArray();
        var inside = headerLength > InfoLength ? Math.Min(headerLength - InfoLength, maskBytes.Length) : 0;
        var info = new byte[headerLength];
        maskBytes.AsSpan(0, inside).CopyTo(info.AsSpan(InfoLength));
        var behind = inside == 0 && masks.Length > 0 ? maskBytes[..12] : [];
        Write(0, headerLength);
        Write(4, width);
        Write(8, height);
        Write(12, 1 | (bits << 16));
        Write(16, compression);
        Write(32, palette.Length / 4);
        var file = new byte[FileHeaderLength];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(
            file.AsSpan(10), FileHeaderLength + headerLength + behind.Length + palette.Length);
        return [.. file, .. info, .. behind, .. palette, .. body];

        void Write(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(offset), value);
    }
}
