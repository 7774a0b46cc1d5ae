namespace ClipGrpc.Client.Internal;

/// <summary>What is known of the servers, shared by all clients that use the same connections.</summary>
internal sealed class ServerState
{
    public ServerLimits Limits { get; } = new();

    public LabelSetIds LabelSets { get; } = new();
}
