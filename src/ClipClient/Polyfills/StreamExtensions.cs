namespace ClipGrpc.Client;

internal static class StreamExtensions
{
    public static async Task<int> ReadAsync(this Stream stream, byte[] buffer, CancellationToken cancellationToken) =>
        await stream.ReadAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false);

    public static async Task ReadExactlyAsync(
        this Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        for (var filled = 0; filled < buffer.Length;)
        {
            var read = await stream.ReadAsync(buffer, filled, buffer.Length - filled, cancellationToken)
                .ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException();

            filled += read;
        }
    }

    public static SynchronousDisposal ConfigureAwait(this FileStream stream, bool continueOnCapturedContext) =>
        new(stream);

    /// <summary>The disposal of what can only be disposed synchronously, for <c>await using</c>.</summary>
    internal readonly struct SynchronousDisposal(IDisposable disposable)
    {
        public ValueTask DisposeAsync()
        {
            disposable.Dispose();
            return default;
        }
    }
}
