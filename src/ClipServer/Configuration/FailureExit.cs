namespace ClipGrpc.Server.Configuration;

internal enum FailureExit
{
    /// <summary>Liveness fails; the process stays.</summary>
    Never,

    /// <summary>Every model has failed.</summary>
    All,

    /// <summary>A model has failed.</summary>
    Any,
}
