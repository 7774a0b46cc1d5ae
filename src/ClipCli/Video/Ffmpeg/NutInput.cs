namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>Reads single bytes without a system call for each, and large blocks without a copy.</summary>
internal sealed class NutInput(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <returns>−1 at the end.</returns>
    public async ValueTask<int> ReadByteOrEndAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellationToken);
            if (_end == 0)
                return -1;
        }

        return _buffer[_start++];
    }

    public async ValueTask<byte> ReadByteAsync(CancellationToken cancellationToken)
    {
        var value = await ReadByteOrEndAsync(cancellationToken);
        return value >= 0 ? (byte)value : throw new EndOfStreamException();
    }

    public async ValueTask<ulong> ReadUnsignedAsync(CancellationToken cancellationToken)
    {
        var value = 0UL;
        while (true)
        {
            if (value >> 57 != 0)
                throw new InvalidDataException("A number of ffmpeg's output is damaged.");
            var next = await ReadByteAsync(cancellationToken);
            value = value << 7 | (uint)(next & 0x7F);
            if (next < 0x80)
                return value;
        }
    }

    public async ValueTask ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var buffered = Math.Min(target.Length, _end - _start);
        _buffer.AsMemory(_start, buffered).CopyTo(target);
        _start += buffered;
        await stream.ReadExactlyAsync(target[buffered..], cancellationToken);
    }
}
