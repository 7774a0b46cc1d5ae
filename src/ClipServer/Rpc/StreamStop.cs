using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Ends a stream with UNAVAILABLE, after the responses to all messages that were read, because the server is shutting
/// down or the stream's model accepts no more work.
/// </summary>
internal sealed class StreamStop : IDisposable
{
    private readonly CancellationToken _closing;
    private readonly Func<ClipException> _modelError;
    private readonly CancellationTokenSource _either;

    /// <param name="closing">Cancelled when the server shuts down.</param>
    public StreamStop(CancellationToken closing, RunningModel model)
        : this(closing, model.Ending, model.CreateEndError)
    {
    }

    public StreamStop(CancellationToken closing, CancellationToken modelEnds, Func<ClipException> modelError)
    {
        _closing = closing;
        _modelError = modelError;
        _either = CancellationTokenSource.CreateLinkedTokenSource(closing, modelEnds);
        Token = _either.Token;
    }

    public CancellationToken Token { get; }

    public ClipException CreateError() => _closing.IsCancellationRequested ? ServerStops() : _modelError();

    public static ClipException ServerStops() => new(ClipErrorReason.ServerStopping, "The server is shutting down.");

    public void Dispose() => _either.Dispose();
}
