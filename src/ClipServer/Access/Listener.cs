namespace ClipGrpc.Server.Access;

/// <summary>Where a connection can come in.</summary>
[Flags]
internal enum Listener
{
    /// <summary>HTTP/2 for gRPC.</summary>
    Grpc = 1,

    /// <summary>Metrics, probes and the interfaces of other servers.</summary>
    Http = 2,

    /// <summary>The Unix domain socket of the operator, with everything.</summary>
    Admin = 4,
}
