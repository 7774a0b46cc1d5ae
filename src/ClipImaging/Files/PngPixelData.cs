using System.Buffers.Binary;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// The compressed pixels of a PNG: the data of its consecutive <c>IDAT</c> chunks. A file that is cut off ends it.
/// </summary>
/// <param name="bytes">The file, which must stay where it is.</param>
/// <param name="offset">Of the first chunk.</param>
internal sealed unsafe class PngPixelData(byte* bytes, int length, int offset) : Stream
{
    private int _chunk = offset; // where the chunk begins that is being read
    private int _position = offset; // where its data is read; the same: it is not begun
    private int _end = offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether it was read to its end.</summary>
    public bool HasEnded { get; private set; }

    private ReadOnlySpan<byte> File => new(bytes, length);

    /// <exception cref="ClipException">The checksum of a chunk is wrong.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_position == _end)
        {
            if (MoveToNextChunk())
                continue;
            HasEnded = true;
            return 0;
        }

        var count = Math.Min(buffer.Length, _end - _position);
        File.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Checks the chunk that is being read, if the file has all of it.</summary>
    /// <exception cref="ClipException">Its checksum is wrong.</exception>
    public void Check()
    {
        if (_end == _chunk || length - _end < PngFile.CrcLength)
            return;

        var checkedBytes = File[(_chunk + 4).._end];
        if (Crc32.Compute(checkedBytes, default) != BinaryPrimitives.ReadUInt32BigEndian(File[_end..]))
            DamagedImage.Throw("PNG", "the checksum of its IDAT chunk is wrong");
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool MoveToNextChunk()
    {
        Check();
        var next = _end == _chunk ? _chunk : _end + PngFile.CrcLength;
        if (length - next < PngFile.ChunkHeaderLength || !File.Slice(next + 4, 4).SequenceEqual("IDAT"u8))
            return false;

        var data = BinaryPrimitives.ReadUInt32BigEndian(File[next..]);
        _chunk = next;
        _position = next + PngFile.ChunkHeaderLength;
        _end = (int)Math.Min(_position + (long)data, length);
        return true;
    }
}
