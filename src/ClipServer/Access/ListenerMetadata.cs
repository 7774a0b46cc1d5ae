namespace ClipGrpc.Server.Access;

/// <summary>Marks an endpoint as belonging to a port. Endpoints without it belong to gRPC.</summary>
internal sealed record ListenerMetadata(Listener Listener);
