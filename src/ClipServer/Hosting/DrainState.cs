using ClipGrpc.Server.Observability;

namespace ClipGrpc.Server.Hosting;

/// <summary>Whether the server was asked to stop.</summary>
internal sealed class DrainState : IReadiness
{
    private volatile bool _draining;

    public bool IsDraining => _draining;

    public bool IsReady => !_draining;

    public string Describe() => _draining ? "The server is stopping." : "The server takes calls.";

    public void Begin() => _draining = true;
}
