using System.Buffers;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// A GIF's transparent pixels have a colour in the palette, and dropping alpha means to show it. The decoder would give
/// black, so the flag that makes them transparent is taken out of a copy of the file.
/// </summary>
internal sealed class GifTransparency : IDisposable
{
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xF9;
    private const byte TransparentFlag = 1;
    private const int HeaderLength = 13;
    private readonly byte[] _copy;
    private readonly int _length;

    private GifTransparency(ReadOnlySpan<byte> file, int flags)
    {
        _length = file.Length;
        _copy = ArrayPool<byte>.Shared.Rent(_length);
        file.CopyTo(_copy);
        _copy[flags] &= unchecked((byte)~TransparentFlag);
    }

    public ReadOnlySpan<byte> Bytes => _copy.AsSpan(0, _length);

    /// <returns>A copy whose first frame is opaque; null where the first frame has no transparent colour.</returns>
    public static GifTransparency? Remove(ReadOnlySpan<byte> file)
    {
        var flags = FindFlags(file);
        return flags > 0 && (file[flags] & TransparentFlag) != 0 ? new GifTransparency(file, flags) : null;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_copy);

    /// <summary>Where the first frame's graphic control has its flags; 0 where it has none or the file ends.</summary>
    private static int FindFlags(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderLength)
            return 0;

        var screenFlags = file[10];
        var position = HeaderLength + ((screenFlags & 0x80) != 0 ? 3 << ((screenFlags & 7) + 1) : 0);
        var flags = 0;
        while (position + 2 < file.Length && file[position] == Extension)
        {
            if (file[position + 1] == GraphicControl && file[position + 2] >= 4 && position + 3 < file.Length)
                flags = position + 3;
            position += 2;
            while (position < file.Length && file[position] != 0)
                position += 1 + file[position];
            position++;
        }

        return flags;
    }
}
