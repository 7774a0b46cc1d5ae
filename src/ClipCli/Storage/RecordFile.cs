using System.Buffers.Binary;
using ClipGrpc.Models.Files;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli.Storage;

/// <summary>
/// Records in a file that only grows, each written at once. Little endian: the length of the body, the body, its
/// CRC-32C. So what an interrupted write left at the end is recognized. Not thread-safe.
/// </summary>
/// <param name="file">Stays its owner's.</param>
/// <param name="minBody">A shorter body is not one that was written.</param>
/// <param name="maxBody">Nor is a longer one.</param>
internal sealed class RecordFile(SafeFileHandle file, int minBody, int maxBody)
{
    private const int LengthBytes = sizeof(int);
    private const int ChecksumBytes = sizeof(uint);

    private byte[] _buffer = new byte[16 * 1024];
    private int _bodyLength;

    /// <summary>Where the next record goes.</summary>
    public long End { get; set; }

    /// <summary>Passes over a record, if there is a sound one at <see cref="End"/>.</summary>
    /// <returns>Its body, until the next use; null if there is none.</returns>
    public ReadOnlyMemory<byte>? TryReadNext()
    {
        var body = TryRead(End);
        if (body is { Length: var length })
            End += SizeOf(length);
        return body;
    }

    /// <returns>The body of the record, until the next use; null if there is no sound one.</returns>
    public ReadOnlyMemory<byte>? TryRead(long place)
    {
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (RandomAccess.Read(file, prefix, place) < LengthBytes)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length < minBody || length > maxBody || place + SizeOf(length) > RandomAccess.GetLength(file))
            return null;

        Resize(length);
        var rest = _buffer.AsSpan(LengthBytes, length + ChecksumBytes);
        var isSound = RandomAccess.Read(file, rest, place + LengthBytes) == rest.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(rest[length..]) == Crc32C.Append(0, rest[..length]);

        // The type matters: null alone would become an empty memory.
        return isSound ? _buffer.AsMemory(LengthBytes, length) : (ReadOnlyMemory<byte>?)null;
    }

    /// <summary>The body of the record that <see cref="Append"/> is to write.</summary>
    public Span<byte> Begin(int length)
    {
        Resize(length);
        return _buffer.AsSpan(LengthBytes, length);
    }

    /// <returns>The record's place.</returns>
    public long Append()
    {
        var body = _buffer.AsSpan(LengthBytes, _bodyLength);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, _bodyLength);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(LengthBytes + _bodyLength), Crc32C.Append(0, body));
        RandomAccess.Write(file, _buffer.AsSpan(0, (int)SizeOf(_bodyLength)), End);
        var place = End;
        End += SizeOf(_bodyLength);
        return place;
    }

    private static long SizeOf(int length) => (long)LengthBytes + length + ChecksumBytes;

    private void Resize(int length)
    {
        _bodyLength = length;
        if (_buffer.Length < SizeOf(length))
            _buffer = new byte[2 * SizeOf(length)];
    }
}
