namespace ClipGrpc.LoadTest.Serving;

/// <summary>What a measured server process serves.</summary>
internal enum ServerKind
{
    /// <summary>The server as it is, with the models of its settings.</summary>
    Model,

    /// <summary>The server as it is, with encoders that answer at once: all that is not the model.</summary>
    Empty,

    /// <summary>A gRPC service that does nothing: the cost of gRPC itself.</summary>
    Echo,
}
