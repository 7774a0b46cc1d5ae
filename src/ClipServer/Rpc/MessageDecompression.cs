using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Decompresses messages twice: first without storing the output, to determine the size before memory is allocated,
/// because a message can be a thousand times as large as its compressed form. Only a few run concurrently, so that they
/// do not occupy all threads.
/// </summary>
internal sealed class MessageDecompression(int concurrency)
{
    private const int ChunkLength = 16 * 1024;

    private readonly SemaphoreSlim _free = new(concurrency);

    /// <summary>Half of the cores; the other half is for small messages.</summary>
    public static int DefaultConcurrency => Math.Max(1, Environment.ProcessorCount / 2);

    /// <returns>Bytes of the decompressed message.</returns>
    /// <exception cref="InvalidDataException">The data is not valid for its encoding.</exception>
    /// <exception cref="RpcException">It is larger than <paramref name="most"/>.</exception>
    public async Task<int> MeasureAsync(
        ReadOnlySequence<byte> message, Func<Stream, Stream> decompressor, int most,
        CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            await using var stream = Open(message, decompressor);
            var size = 0;
            while (await stream.ReadAsync(chunk, cancellationToken) is var read and > 0)
            {
                size += read;
                if (size > most)
                {
                    // The same error as the framework's for an uncompressed message that is too large.
                    throw new RpcException(new Status(
                        StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));
                }
            }

            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
            _free.Release();
        }
    }

    /// <returns>The message, preceded by <paramref name="offset"/> zero bytes.</returns>
    public async Task<byte[]> DecompressAsync(
        ReadOnlySequence<byte> message, Func<Stream, Stream> decompressor, int offset, int size,
        CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            await using var stream = Open(message, decompressor);
            var bytes = GC.AllocateUninitializedArray<byte>(offset + size);
            bytes.AsSpan(0, offset).Clear();
            await stream.ReadExactlyAsync(bytes.AsMemory(offset), cancellationToken);
            return bytes;
        }
        finally
        {
            _free.Release();
        }
    }

    private static Stream Open(in ReadOnlySequence<byte> message, Func<Stream, Stream> decompressor) =>
        decompressor(PipeReader.Create(message).AsStream());
}
