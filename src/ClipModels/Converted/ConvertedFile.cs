using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Converted;

/// <summary>
/// A safetensors file whose last tensor, <c>checksum</c>, is the CRC-32C of every byte before it. That finds damage,
/// at the speed of reading; who can write to the cache folder can deceive it.
/// </summary>
internal static class ConvertedFile
{
    private const string Checksum = "checksum";
    private const int ChecksumLength = sizeof(long);
    private const int BufferLength = 1 << 20;

    /// <summary>Opens a file that is whole.</summary>
    /// <exception cref="ClipException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        Verify(path);
        return SafetensorsFile.Open(path);
    }

    /// <summary>
    /// Writes the tensors as <paramref name="type"/>. The file appears when it is whole, or not at all.
    /// </summary>
    /// <exception cref="ClipException">A value is beyond the type's range.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, IWeights weights, IReadOnlyList<TensorShape> tensors, TensorType type)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1))
            {
                WriteTo(stream, weights, tensors, type);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void WriteTo(
        FileStream stream, IWeights weights, IReadOnlyList<TensorShape> tensors, TensorType type)
    {
        var header = Header(tensors, type);
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        var crc = 0u;
        Put(length);
        Put(header);
        foreach (var tensor in tensors)
        {
            // Part by part, so that no more than one of the largest matrices is in memory.
            var parts = ConvertedWeights.Parts(tensor.Name);
            for (var i = 0; i < parts; i++)
            {
                var part = weights.GetPart(tensor.Name, i, parts);
                Put(Convert(part, type));
                MappedFile.Discard(part.Data);
            }
        }

        BinaryPrimitives.WriteInt64LittleEndian(length, crc);
        stream.Write(length);

        void Put(ReadOnlySpan<byte> bytes)
        {
            crc = Append(crc, bytes);
            stream.Write(bytes);
        }
    }

    private static ReadOnlySpan<byte> Convert(TensorView tensor, TensorType type) =>
        tensor.Type == type ? tensor.Data.Span
        : type == TensorType.Float16 ? MemoryMarshal.AsBytes<Half>(TensorConverter.ToFloat16(tensor))
        : MemoryMarshal.AsBytes<float>(TensorConverter.ToFloat32(tensor));

    /// <summary>JSON, filled up with spaces to a multiple of 8 bytes, so that the tensors are aligned.</summary>
    private static byte[] Header(IEnumerable<TensorShape> tensors, TensorType type)
    {
        var typeName = type == TensorType.Float16 ? "F16" : "F32";
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            var position = 0L;
            foreach (var tensor in tensors)
            {
                var bytes = tensor.Shape.Aggregate((long)type.Size(), (product, side) => product * side);
                WriteEntry(writer, tensor.Name, typeName, tensor.Shape, position, bytes);
                position += bytes;
            }

            WriteEntry(writer, Checksum, "I64", [1], position, ChecksumLength);
            writer.WriteEndObject();
        }

        while (json.Length % sizeof(long) != 0)
            json.WriteByte((byte)' ');
        return json.ToArray();
    }

    private static void WriteEntry(
        Utf8JsonWriter writer, string name, string type, IEnumerable<long> shape, long position, long bytes)
    {
        writer.WriteStartObject(name);
        writer.WriteString("dtype", type);
        writer.WriteStartArray("shape");
        foreach (var side in shape)
            writer.WriteNumberValue(side);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(position);
        writer.WriteNumberValue(position + bytes);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Read as a stream, not through a map, to keep the file out of this process's resident memory.</summary>
    private static void Verify(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        var left = stream.Length - ChecksumLength;
        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        var crc = 0u;
        while (left > 0)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(left, BufferLength));
            stream.ReadExactly(part);
            crc = Append(crc, part);
            left -= part.Length;
        }

        if (left < 0 || Tail(stream) != crc)
            throw CheckpointErrors.Invalid(Path.GetFileName(path), "the checksum does not fit the content.");
    }

    private static long Tail(FileStream stream)
    {
        Span<byte> tail = stackalloc byte[ChecksumLength];
        stream.ReadExactly(tail);
        return BinaryPrimitives.ReadInt64LittleEndian(tail);
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var value in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
