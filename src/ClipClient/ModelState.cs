namespace ClipGrpc.Client;

/// <summary>What a model is doing.</summary>
public enum ModelState
{
    /// <summary>A state of a newer server that is unknown to this version.</summary>
    Unknown,

    /// <summary>It is being downloaded, read or warmed up.</summary>
    Loading,

    /// <summary>It accepts work.</summary>
    Ready,

    /// <summary>It completes accepted work and accepts no new work.</summary>
    Draining,

    /// <summary>The runtime failed and could not be restarted.</summary>
    Failed,
}
