using System.Buffers;

namespace ClipGrpc.Imaging.Files;

/// <summary>A changed copy of a file in pooled memory.</summary>
internal sealed class PooledFile(int length) : IDisposable
{
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(length);

    public Span<byte> Bytes => _bytes.AsSpan(0, length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
