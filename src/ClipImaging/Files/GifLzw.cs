namespace ClipGrpc.Imaging.Files;

/// <summary>The compression of GIF, with Pillow's idea of what is damaged.</summary>
internal static class GifLzw
{
    private const string Format = "GIF";
    private const int MaxCodeLength = 12;
    private const int TableLength = 1 << MaxCodeLength;

    /// <param name="blocks">From the first length on.</param>
    /// <param name="literalLength">Bits of a code that stands for a pixel.</param>
    /// <exception cref="ClipException">The codes end before the frame is complete, or cannot be.</exception>
    public static void Decode(ReadOnlySpan<byte> blocks, int literalLength, ref GifFrame frame)
    {
        if (literalLength > MaxCodeLength)
            DamagedImage.Throw(Format, $"its codes begin with {literalLength} bits");

        Span<ushort> prefixes = stackalloc ushort[TableLength];
        Span<byte> suffixes = stackalloc byte[TableLength];
        Span<byte> text = stackalloc byte[TableLength];
        var clear = 1 << literalLength;
        var bits = new BitReader(blocks);
        var (next, codeLength, last, first) = (clear + 2, literalLength + 1, -1, (byte)0);
        while (!frame.IsComplete)
        {
            var code = bits.Read(codeLength);
            if (code < 0 || code == clear + 1)
                DamagedImage.Throw(Format, "its codes end before the first frame is complete");

            if (code == clear)
            {
                (next, codeLength, last) = (clear + 2, literalLength + 1, -1);
                continue;
            }

            if (last < 0)
            {
                if (code > clear)
                    ThrowWrongCode();
                (last, first) = (code, (byte)code);
                frame.Write(first);
                continue;
            }

            if (code > next)
                ThrowWrongCode();

            var start = text.Length;
            var prefix = code;
            if (code == next)
            {
                text[--start] = first;
                prefix = last;
            }

            while (prefix >= clear)
            {
                if (start == 0 || prefix >= TableLength)
                    ThrowWrongCode();
                text[--start] = suffixes[prefix];
                prefix = prefixes[prefix];
            }

            first = (byte)prefix;
            if (next < TableLength)
            {
                (suffixes[next], prefixes[next]) = (first, (ushort)last);
                if (next == (1 << codeLength) - 1 && codeLength < MaxCodeLength)
                    codeLength++;
                next++;
            }

            last = code;
            frame.Write(first);
            frame.Write(text[start..]);
        }
    }

    private static void ThrowWrongCode() => DamagedImage.Throw(Format, "it has a code that cannot be");

    /// <summary>The bits of blocks of which each has its length before it.</summary>
    private ref struct BitReader(ReadOnlySpan<byte> blocks)
    {
        private readonly ReadOnlySpan<byte> _blocks = blocks;
        private int _position;
        private int _blockEnd;
        private int _buffer;
        private int _bits;

        /// <returns>-1 at the end of the file, and in a block that it does not hold to its end.</returns>
        public int Read(int length)
        {
            while (_bits < length)
            {
                if (_position < _blockEnd)
                {
                    _buffer |= _blocks[_position++] << _bits;
                    _bits += 8;
                    continue;
                }

                if (_position >= _blocks.Length || _blocks[_position] >= _blocks.Length - _position)
                    return -1;
                _blockEnd = _position + 1 + _blocks[_position];
                _position++;
            }

            var code = _buffer & ((1 << length) - 1);
            _buffer >>= length;
            _bits -= length;
            return code;
        }
    }
}
