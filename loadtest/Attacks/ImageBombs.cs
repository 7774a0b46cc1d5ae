using System.Buffers.Binary;
using System.IO.Compression;
using ClipGrpc.Imaging.Files;

namespace ClipGrpc.LoadTest.Attacks;

/// <summary>Images of a few kilobytes that take hundreds of megabytes when they are decoded.</summary>
internal static class ImageBombs
{
    /// <summary>A black PNG of 1 bit per pixel.</summary>
    public static byte[] Png(int width, int height, bool interlaced)
    {
        var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 1;
        header[12] = (byte)(interlaced ? 1 : 0);
        WriteChunk(file, "IHDR"u8, header);
        var pixels = new MemoryStream();
        using (var stream = new ZLibStream(pixels, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            foreach (var (passWidth, passHeight) in Passes(width, height, interlaced))
            {
                var row = new byte[1 + ((passWidth + 7) / 8)];
                for (var y = 0; y < passHeight; y++)
                    stream.Write(row);
            }
        }

        WriteChunk(file, "IDAT"u8, pixels.ToArray());
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>
    /// A gray color JPEG, progressive and without subsampling: one scan, in which every block has the DC code of zero.
    /// </summary>
    public static byte[] ProgressiveJpeg(int side)
    {
        const int Components = 3;
        const int Block = 8;
        var file = new MemoryStream();
        file.Write([0xFF, 0xD8]);
        WriteSegment(file, 0xDB, [0, .. Enumerable.Repeat((byte)1, Block * Block)]);
        WriteSegment(
            file, 0xC2, [8, .. BigEndian(side), .. BigEndian(side), Components, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
        WriteSegment(file, 0xC4, [0, 1, .. new byte[15], 0]);
        WriteSegment(file, 0xDA, [Components, 1, 0, 2, 0, 3, 0, 0, 0, 0]);
        var blocks = (long)((side + Block - 1) / Block) * ((side + Block - 1) / Block) * Components;
        file.Write(new byte[(blocks + 7) / 8]);
        file.Write([0xFF, 0xD9]);
        return file.ToArray();
    }

    /// <summary>The seven images that an interlaced one is made of, or the one.</summary>
    private static IEnumerable<(int Width, int Height)> Passes(int width, int height, bool interlaced)
    {
        if (!interlaced)
            return [(width, height)];

        (int X, int Y, int StepX, int StepY)[] adam7 =
            [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        return adam7.Select(pass => (
            (width - pass.X + pass.StepX - 1) / pass.StepX, (height - pass.Y + pass.StepY - 1) / pass.StepY));
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(name);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Compute(name, data));
        file.Write(number);
    }

    private static void WriteSegment(MemoryStream file, byte marker, byte[] data)
    {
        file.Write([0xFF, marker, .. BigEndian(data.Length + 2)]);
        file.Write(data);
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 8), (byte)value];
}
