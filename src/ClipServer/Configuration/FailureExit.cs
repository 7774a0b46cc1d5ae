namespace ClipGrpc.Server.Configuration;

/// <summary>When the process exits because of failed models.</summary>
internal enum FailureExit
{
    /// <summary>The process keeps running, and its liveness check fails.</summary>
    Never,

    /// <summary>When all models have failed.</summary>
    All,

    /// <summary>When a model has failed.</summary>
    Any,
}
