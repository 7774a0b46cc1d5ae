using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Converted;

/// <summary>
/// A safetensors file whose last tensor, <c>checksum</c>, is the CRC-32C of every byte before it. That finds damage,
/// at the speed of reading; whoever can write to the cache folder can deceive it.
/// </summary>
internal static class ConvertedFile
{
    private const string Checksum = "checksum";
    private const int ChecksumLength = sizeof(long);
    private const int BufferLength = 1 << 20;

    /// <summary>Opens a file that is whole.</summary>
    /// <exception cref="ClipException">It is damaged, or cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = RegularFile.Open(path);
        try
        {
            Verify(file);
            return SafetensorsFile.Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
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
                Put(Convert(weights.GetPart(tensor.Name, i, parts), type));
        }

        BinaryPrimitives.WriteInt64LittleEndian(length, crc);
        stream.Write(length);

        void Put(ReadOnlySpan<byte> bytes)
        {
            crc = Crc32C.Append(crc, bytes);
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
        var entries = new Dictionary<string, HeaderEntry>(StringComparer.Ordinal);
        var position = 0L;
        foreach (var tensor in tensors)
        {
            var end = position + tensor.Shape.Aggregate((long)type.Size(), (product, side) => product * side);
            entries.Add(tensor.Name, new HeaderEntry(typeName, [.. tensor.Shape], [position, end]));
            position = end;
        }

        entries.Add(Checksum, new HeaderEntry("I64", [1], [position, position + ChecksumLength]));
        var json = JsonSerializer.SerializeToUtf8Bytes(entries, HeaderJson.Default.DictionaryStringHeaderEntry);
        var padded = new byte[(json.Length + sizeof(long) - 1) / sizeof(long) * sizeof(long)];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        return padded;
    }

    private static void Verify(RegularFile file)
    {
        var content = file.Length - ChecksumLength;
        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        var crc = 0u;
        for (var offset = 0L; offset < content; offset += BufferLength)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(content - offset, BufferLength));
            file.Read(offset, part);
            crc = Crc32C.Append(crc, part);
        }

        if (content < 0 || BinaryPrimitives.ReadInt64LittleEndian(file.Slice(content, ChecksumLength).Span) != crc)
            throw CheckpointErrors.Invalid(file.Name, "the checksum does not match the content.");
    }
}

/// <summary>A tensor in a safetensors header.</summary>
internal sealed record HeaderEntry(
    [property: JsonPropertyName("dtype")] string Type,
    [property: JsonPropertyName("shape")] long[] Shape,
    [property: JsonPropertyName("data_offsets")] long[] Offsets);

[JsonSerializable(typeof(Dictionary<string, HeaderEntry>))]
internal sealed partial class HeaderJson : JsonSerializerContext;
