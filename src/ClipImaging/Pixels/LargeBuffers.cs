using System.Buffers;

namespace ClipGrpc.Imaging.Pixels;

/// <summary>
/// Buffers of images and request bodies. Small ones come from the shared pool; large ones from here, where few are
/// kept: the shared pool keeps what a burst needed, on every core, for minutes.
/// </summary>
internal static class LargeBuffers
{
    /// <summary>All that is kept.</summary>
    public const int MaxKeptBytes = 32 * 1024 * 1024;

    private const int SmallLength = 64 * 1024;

    private static readonly Lock Lock = new();
    private static readonly List<byte[]> Kept = [];
    private static long _keptBytes;

    /// <returns>At least so many bytes, of any value.</returns>
    public static byte[] Rent(int length)
    {
        if (length <= SmallLength)
            return ArrayPool<byte>.Shared.Rent(length);

        lock (Lock)
        {
            // The last one that fits without wasting half of it: it was used last.
            for (var i = Kept.Count - 1; i >= 0; i--)
            {
                var buffer = Kept[i];
                if (buffer.Length >= length && buffer.Length / 2 <= length)
                {
                    Kept.RemoveAt(i);
                    _keptBytes -= buffer.Length;
                    return buffer;
                }
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    public static void Return(byte[] buffer)
    {
        if (buffer.Length <= SmallLength)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }

        if (buffer.Length > MaxKeptBytes)
            return;

        lock (Lock)
        {
            while (_keptBytes + buffer.Length > MaxKeptBytes)
            {
                _keptBytes -= Kept[0].Length;
                Kept.RemoveAt(0);
            }

            Kept.Add(buffer);
            _keptBytes += buffer.Length;
        }
    }

    /// <summary>Leaves all that is kept to the garbage collector.</summary>
    public static void Trim()
    {
        lock (Lock)
        {
            Kept.Clear();
            _keptBytes = 0;
        }
    }
}
