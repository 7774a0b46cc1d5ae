namespace ClipGrpc.Server.Access;

/// <summary>The two ports.</summary>
internal enum Listener
{
    /// <summary>Cleartext HTTP/2: everything gRPC.</summary>
    Grpc,

    /// <summary>HTTP/1.1: metrics and probes.</summary>
    Http,
}
