using System.Net;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>A request body whose end never comes.</summary>
internal sealed class UnfinishedContent(byte[] start) : HttpContent
{
    private readonly TaskCompletionSource _never = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the start of the body has been sent.</summary>
    public Task Started => _started.Task;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(start, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        _started.SetResult();

        // The response ends the request; an exception here would hide it.
        await _never.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
