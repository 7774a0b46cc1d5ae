using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>The run-length compression of BMP.</summary>
internal ref struct BmpRuns
{
    private const byte EndOfRow = 0;
    private const byte EndOfImage = 1;
    private const byte Move = 2;
    private readonly int _end;
    private readonly int _width;
    private readonly bool _isFour;
    private ReadOnlySpan<byte> _rest;
    private int _written;

    /// <param name="offset">Of the runs in the file: pixels without a run end at an even one.</param>
    /// <param name="isFour">Four bits per pixel, else eight.</param>
    public BmpRuns(ReadOnlySpan<byte> runs, int offset, int width, bool isFour)
    {
        _rest = runs;
        _end = offset + runs.Length;
        _width = width;
        _isFour = isFour;
    }

    /// <returns>False where the runs end before the image is complete.</returns>
    public bool Decode(Span<byte> target)
    {
        var x = 0;
        while (_written < target.Length && _rest.Length >= 2)
        {
            var (count, value) = (_rest[0], _rest[1]);
            _rest = _rest[2..];
            if (count > 0)
            {
                // What goes over the end of the row is dropped.
                var fitting = Math.Max(0, Math.Min(count, _width - x));
                for (var i = 0; i < fitting; i++)
                    Write(target, Pixel(value, i));
                x += fitting;
            }
            else if (value == EndOfRow)
            {
                while (_written % _width != 0)
                    Write(target, 0);
                x = 0;
            }
            else if (value == EndOfImage)
            {
                break;
            }
            else if (value == Move || (_isFour && value % 2 != 0))
            {
                // Pillow reads both in a way of its own.
                InvalidImage.Throw(
                    "The BMP image has compressed rows with deltas or odd run lengths, which are not supported. " +
                    "Save it without compression.");
            }
            else if (TryCopy(target, value))
            {
                x += value;
            }
            else
            {
                break;
            }
        }

        return _written >= target.Length;
    }

    /// <summary>Pixels without a run, over the end of the row if it comes to that, then to an even position.</summary>
    private bool TryCopy(Span<byte> target, int count)
    {
        var length = _isFour ? count / 2 : count;
        var isWhole = length <= _rest.Length;
        for (var i = 0; i < count && (_isFour ? i / 2 : i) < _rest.Length; i++)
            Write(target, _isFour ? Pixel(_rest[i / 2], i) : _rest[i]);
        _rest = _rest[Math.Min(length, _rest.Length)..];
        if (((_end - _rest.Length) & 1) != 0 && _rest.Length > 0)
            _rest = _rest[1..];
        return isWhole;
    }

    private void Write(Span<byte> target, byte index)
    {
        if (_written < target.Length)
            target[_written] = index;
        _written++;
    }

    /// <summary>Of four bits each, the upper ones are the first pixel.</summary>
    private readonly byte Pixel(byte value, int number)
    {
        if (!_isFour)
            return value;
        return (byte)(number % 2 == 0 ? value >> 4 : value & 0xF);
    }
}
