namespace ClipGrpc.Client;

/// <summary>The health of a server, or of one of its services or models, as gRPC defines it.</summary>
public enum ServingStatus
{
    /// <summary>A status that is unknown to this version.</summary>
    Unknown,

    /// <summary>It serves calls.</summary>
    Serving,

    /// <summary>It does not serve calls.</summary>
    NotServing,

    /// <summary>The server has no service or model of this name.</summary>
    ServiceUnknown,
}
