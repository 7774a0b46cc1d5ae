namespace ClipGrpc.Tests.Images;

/// <summary>Changes to GIF files without local colour tables and extensions, as the golden one is.</summary>
internal static class GifFiles
{
    public static byte[] WithTransparentIndex(byte[] gif, byte index)
    {
        var frame = FrameOf(gif);
        byte[] control = [0x21, 0xF9, 4, 1, 0, 0, index, 0];
        return [.. gif.AsSpan(0, frame), .. control, .. gif.AsSpan(frame)];
    }

    /// <summary>Adds a second frame, one colour all over.</summary>
    public static byte[] WithSecondFrame(byte[] gif)
    {
        // Two-bit codes: clear, colour 0, end. The decoder keeps what the first frame left for all other pixels.
        byte[] second = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
        return [.. gif.AsSpan(0, gif.Length - 1), 0x21, 0xF9, 4, 0, 10, 0, 0, 0, .. second, 0x3B];
    }

    private static int FrameOf(byte[] gif)
    {
        var frame = 13 + (3 << ((gif[10] & 7) + 1));
        Assert.Equal(0x2C, gif[frame]);
        return frame;
    }
}
