using System.Text;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>Walks the fields of a protobuf message in a file; what is not asked for is not read.</summary>
internal sealed class ProtobufCursor(RegularFile file)
{
    private const int BufferLength = 1 << 16;
    private const int MaxTextLength = 1 << 16;
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private readonly byte[] _buffer = new byte[BufferLength];
    private long _bufferStart;
    private int _buffered;

    /// <summary>Where the next field begins.</summary>
    public long Position { get; private set; }

    /// <summary>The value of the last field, if it was a number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Visits the fields of a message up to its end.</summary>
    /// <param name="end">Of the message.</param>
    /// <param name="visit">
    /// Gets a field's number and, for text, bytes or a message, where its content ends: it begins at
    /// <see cref="Position"/>, and is skipped as far as it is not read.
    /// </param>
    /// <exception cref="ClipException">The file is not a protobuf message.</exception>
    public void ReadMessage(long end, Action<int, long?> visit)
    {
        while (Position < end)
        {
            var tag = ReadNumber(end);
            var content = ReadValue((int)(tag & 7), end);
            visit((int)Math.Min(tag >> 3, int.MaxValue), content);
            if (content is { } after)
                Position = after;
        }
    }

    /// <summary>A field's content as text.</summary>
    /// <exception cref="ClipException">It is unreasonably long.</exception>
    public string ReadText(long end)
    {
        if (end - Position > MaxTextLength)
            throw Malformed();
        var bytes = new byte[end - Position];
        file.Read(Position, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    public ulong ReadNumber(long end)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (Position >= end)
                throw Malformed();
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw Malformed();
    }

    private byte ReadByte()
    {
        if (Position < _bufferStart || Position >= _bufferStart + _buffered)
        {
            _buffered = (int)Math.Min(BufferLength, file.Length - Position);
            _bufferStart = Position;
            file.Read(Position, _buffer.AsSpan(0, _buffered));
        }

        return _buffer[Position++ - _bufferStart];
    }

    /// <returns>Where content ends; null for a number, which is read.</returns>
    private long? ReadValue(int kind, long end)
    {
        if (kind == Varint)
        {
            Number = ReadNumber(end);
            return null;
        }

        var length = kind switch
        {
            Fixed64 => (ulong)sizeof(ulong),
            Fixed32 => (ulong)sizeof(uint),
            Bytes => ReadNumber(end),
            _ => throw Malformed(),
        };
        return length <= (ulong)(end - Position) ? Position + (long)length : throw Malformed();
    }

    private ClipException Malformed() =>
        CheckpointErrors.Invalid(file.Name, "the file is not an ONNX model, or it is truncated.");
}
