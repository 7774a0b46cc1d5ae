using System.Buffers.Binary;
using System.Text;
using ClipGrpc.Cli.Storage;

namespace ClipGrpc.Cli.Embeddings;

/// <summary>
/// The body of a record of an <see cref="EmbeddingStore"/>, little endian: size and time of the file, the vector, the
/// name.
/// </summary>
internal readonly struct StoredEmbedding(int dimensions)
{
    private const int VectorStart = 2 * sizeof(long);

    // Paths are far shorter; a length beyond it is not one that was written.
    private const int LongestName = 64 * 1024;

    public int MinBytes => VectorStart + dimensions * sizeof(float);

    public int MaxBytes => MinBytes + LongestName;

    public int BytesOf(EmbeddingKey key) => MinBytes + Encoding.UTF8.GetByteCount(key.Name);

    public void Write(EmbeddingKey key, ReadOnlySpan<float> vector, Span<byte> body)
    {
        BinaryPrimitives.WriteInt64LittleEndian(body, key.Size);
        BinaryPrimitives.WriteInt64LittleEndian(body[sizeof(long)..], key.Modified);
        Floats.Write(vector, body[VectorStart..]);
        Encoding.UTF8.GetBytes(key.Name, body[MinBytes..]);
    }

    public EmbeddingKey ReadKey(ReadOnlySpan<byte> body) => new(
        Encoding.UTF8.GetString(body[MinBytes..]),
        BinaryPrimitives.ReadInt64LittleEndian(body),
        BinaryPrimitives.ReadInt64LittleEndian(body[sizeof(long)..]));

    /// <param name="vector">[dimensions].</param>
    public void ReadVector(ReadOnlySpan<byte> body, Span<float> vector) => Floats.Read(body[VectorStart..], vector);
}
