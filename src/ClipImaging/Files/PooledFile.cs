using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>A changed copy of a file in pooled memory.</summary>
internal sealed class PooledFile(int length) : IDisposable
{
    private readonly byte[] _bytes = LargeBuffers.Rent(length);

    public Span<byte> Bytes => _bytes.AsSpan(0, length);

    public void Dispose() => LargeBuffers.Return(_bytes);
}
