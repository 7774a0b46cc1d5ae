using System.Buffers.Binary;
using System.Text;
using ClipGrpc.Models.Files;
using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli.Embeddings;

/// <summary>
/// A record of an <see cref="EmbeddingStore"/>, little endian: length of the body, body (size, modified, vector, name),
/// CRC-32C of the body. One buffer, used again and again.
/// </summary>
internal sealed class StoredRecord(int dimensions)
{
    private const int LengthBytes = sizeof(int);
    private const int ChecksumBytes = sizeof(uint);
    private const int VectorStart = 2 * sizeof(long);

    // Paths are far shorter; a length beyond it is not one that was written.
    private const int LongestName = 64 * 1024;

    private byte[] _buffer = new byte[1024];
    private int _bodyLength;

    /// <summary>Bytes of the whole record.</summary>
    public int Length => LengthBytes + _bodyLength + ChecksumBytes;

    public EmbeddingKey Key => new(
        Encoding.UTF8.GetString(Body[NameStart..]),
        BinaryPrimitives.ReadInt64LittleEndian(Body),
        BinaryPrimitives.ReadInt64LittleEndian(Body[sizeof(long)..]));

    private int NameStart => VectorStart + dimensions * sizeof(float);

    private Span<byte> Body => _buffer.AsSpan(LengthBytes, _bodyLength);

    public void CopyVector(Span<float> vector)
    {
        for (var i = 0; i < dimensions; i++)
            vector[i] = BinaryPrimitives.ReadSingleLittleEndian(Body[(VectorStart + i * sizeof(float))..]);
    }

    /// <returns>The record's bytes, until the next use.</returns>
    public ReadOnlySpan<byte> Fill(EmbeddingKey key, ReadOnlySpan<float> vector)
    {
        if (vector.Length != dimensions)
            throw new CliException(ExitCode.Failure, $"an embedding has {vector.Length} elements, not {dimensions}.");

        Resize(NameStart + Encoding.UTF8.GetByteCount(key.Name));
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, _bodyLength);
        BinaryPrimitives.WriteInt64LittleEndian(Body, key.Size);
        BinaryPrimitives.WriteInt64LittleEndian(Body[sizeof(long)..], key.Modified);
        for (var i = 0; i < dimensions; i++)
            BinaryPrimitives.WriteSingleLittleEndian(Body[(VectorStart + i * sizeof(float))..], vector[i]);
        Encoding.UTF8.GetBytes(key.Name, Body[NameStart..]);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(LengthBytes + _bodyLength), Crc32C.Append(0, Body));
        return _buffer.AsSpan(0, Length);
    }

    /// <exception cref="CliException">The record has changed since it was written.</exception>
    public void ReadAt(SafeFileHandle file, long offset)
    {
        if (!TryReadAt(file, offset, RandomAccess.GetLength(file)))
            throw new CliException(ExitCode.Failure, "the stored embeddings were changed by another program.");
    }

    /// <returns>False where there is no sound record.</returns>
    public bool TryReadAt(SafeFileHandle file, long offset, long fileLength)
    {
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (offset + LengthBytes > fileLength || RandomAccess.Read(file, prefix, offset) < LengthBytes)
            return false;
        var bodyLength = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (bodyLength < NameStart || bodyLength > NameStart + LongestName)
            return false;

        Resize(bodyLength);
        if (offset + Length > fileLength || RandomAccess.Read(file, _buffer.AsSpan(0, Length), offset) < Length)
            return false;
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(LengthBytes + bodyLength));
        return stored == Crc32C.Append(0, Body);
    }

    private void Resize(int bodyLength)
    {
        _bodyLength = bodyLength;
        if (_buffer.Length < Length)
            _buffer = new byte[2 * Length];
    }
}
