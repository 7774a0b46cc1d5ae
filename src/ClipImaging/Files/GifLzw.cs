using System.Buffers.Binary;

namespace ClipGrpc.Imaging.Files;

/// <summary>The compression of GIF, with Pillow's idea of what is damaged.</summary>
internal static class GifLzw
{
    private const string Format = "GIF";
    private const int MaxCodeLength = 12;
    private const int TableLength = 1 << MaxCodeLength;

    /// <param name="blocks">From the first length on.</param>
    /// <param name="literalLength">Bits of a code that stands for a pixel.</param>
    /// <param name="pixels">Gets the frame; what is behind its last pixel is dropped.</param>
    /// <exception cref="ClipException">The codes end before the frame is complete, or cannot be.</exception>
    public static void Decode(ReadOnlySpan<byte> blocks, int literalLength, Span<byte> pixels)
    {
        if (literalLength > MaxCodeLength)
            DamagedImage.Throw(Format, $"its codes begin with {literalLength} bits");

        // A code stands for pixels that were written before: those of the code before it, and the one behind them.
        Span<int> starts = stackalloc int[TableLength];
        Span<int> lengths = stackalloc int[TableLength];
        var clear = 1 << literalLength;
        var bits = new BitReader(blocks);
        var (next, codeLength, last) = (clear + 2, literalLength + 1, -1);
        var (written, lastStart) = (0, 0);
        while (written < pixels.Length)
        {
            var code = bits.Read(codeLength);
            if (code < 0 || code == clear + 1)
                DamagedImage.Throw(Format, "its codes end before the first frame is complete");

            if (code == clear)
            {
                (next, codeLength, last) = (clear + 2, literalLength + 1, -1);
                continue;
            }

            // A code that the table has no room for stands for pixels once, and is the start of no other.
            if (last < 0 ? code > clear : code > next || (code == next && last >= TableLength))
                ThrowWrongCode();

            var start = written;
            if (code < clear)
                pixels[written++] = (byte)code;
            else if (code < next)
                written = Repeat(pixels, starts[code], written, lengths[code]);
            else if ((written = Repeat(pixels, lastStart, written, written - lastStart)) < pixels.Length)
                pixels[written++] = pixels[lastStart];

            if (last >= 0 && next < TableLength)
            {
                (starts[next], lengths[next]) = (lastStart, start - lastStart + 1);
                if (next == (1 << codeLength) - 1 && codeLength < MaxCodeLength)
                    codeLength++;
                next++;
            }

            (last, lastStart) = (code, start);
        }
    }

    /// <summary>Writes pixels again that are all in front of <paramref name="to"/>.</summary>
    /// <returns>Where they end, at most where the frame does.</returns>
    private static int Repeat(Span<byte> pixels, int from, int to, int length)
    {
        var end = Math.Min(to + length, pixels.Length);

        // Mostly a few: eight at a time, of which those too many are written over later.
        if (end + sizeof(ulong) > pixels.Length)
        {
            pixels[from..(from + end - to)].CopyTo(pixels[to..]);
            return end;
        }

        for (; to < end; from += sizeof(ulong), to += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(
                pixels[to..], BinaryPrimitives.ReadUInt64LittleEndian(pixels[from..]));
        }

        return end;
    }

    private static void ThrowWrongCode() => DamagedImage.Throw(Format, "it has an invalid code");

    /// <summary>The bits of blocks of which each has its length before it.</summary>
    private ref struct BitReader(ReadOnlySpan<byte> blocks)
    {
        private readonly ReadOnlySpan<byte> _blocks = blocks;
        private int _position;
        private int _blockEnd;
        private ulong _buffer;
        private int _bits;

        /// <returns>-1 at the end of the file, and in a block that it does not hold to its end.</returns>
        public int Read(int length)
        {
            if (_bits < length && !TryFill(length))
                return -1;

            var code = (int)_buffer & ((1 << length) - 1);
            _buffer >>= length;
            _bits -= length;
            return code;
        }

        private bool TryFill(int length)
        {
            while (_bits < length)
            {
                if (_blockEnd - _position >= sizeof(uint))
                {
                    _buffer |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(_blocks[_position..]) << _bits;
                    _position += sizeof(uint);
                    _bits += 32;
                }
                else if (_position < _blockEnd)
                {
                    _buffer |= (ulong)_blocks[_position++] << _bits;
                    _bits += 8;
                }
                else
                {
                    if (_position >= _blocks.Length || _blocks[_position] >= _blocks.Length - _position)
                        return false;
                    _blockEnd = _position + 1 + _blocks[_position];
                    _position++;
                }
            }

            return true;
        }
    }
}
