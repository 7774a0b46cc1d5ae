namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>The numbers of a header packet, one after the other.</summary>
internal ref struct NutPacket(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    /// <summary>7 bits per byte, the highest first; the top bit says that more follow.</summary>
    public ulong Unsigned()
    {
        var value = 0UL;
        while (true)
        {
            if (_rest.IsEmpty || value >> 57 != 0)
                throw new InvalidDataException("A number of ffmpeg's output is damaged.");
            var next = _rest[0];
            _rest = _rest[1..];
            value = value << 7 | (uint)(next & 0x7F);
            if (next < 0x80)
                return value;
        }
    }

    public long Signed()
    {
        var value = (long)Unsigned() + 1;
        return (value & 1) != 0 ? -(value >> 1) : value >> 1;
    }

    public byte[] Bytes()
    {
        var length = Unsigned();
        if (length > (ulong)_rest.Length)
            throw new InvalidDataException("A field of ffmpeg's output is truncated.");
        var bytes = _rest[..(int)length].ToArray();
        _rest = _rest[(int)length..];
        return bytes;
    }

    /// <summary>A number up to what an array may have.</summary>
    public int Count()
    {
        var value = Unsigned();
        return value <= int.MaxValue / 2
            ? (int)value
            : throw new InvalidDataException("A count of ffmpeg's output is out of range.");
    }
}
