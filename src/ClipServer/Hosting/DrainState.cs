using ClipGrpc.Server.Observability;

namespace ClipGrpc.Server.Hosting;

/// <summary>How far the server is on its way to stop.</summary>
internal sealed class DrainState : IReadiness
{
    // Holds nothing that needs disposal: no timer, no handle.
    private readonly CancellationTokenSource _closing = new();

    private volatile bool _draining;

    public bool IsReady => !_draining;

    /// <summary>
    /// Fires when the drain delay is over: streams and long calls end from then on. The host's ApplicationStopping fires
    /// before the delay, while callers are still sent here.
    /// </summary>
    public CancellationToken Closing => _closing.Token;

    public string Describe() => _draining ? "The server is stopping." : "The server takes calls.";

    public void Begin() => _draining = true;

    public void Close() => _closing.Cancel();
}
