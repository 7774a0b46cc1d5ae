namespace ClipGrpc.Client.Internal;

/// <summary>What the client has learned about its servers, shared by all clients of one name.</summary>
internal sealed class ServerState
{
    public ServerLimits Limits { get; } = new();

    public Outage Outage { get; } = new();

    public LabelSetIds LabelSets { get; } = new();
}
