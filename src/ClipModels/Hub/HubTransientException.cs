namespace ClipGrpc.Models.Hub;

/// <summary>The Hub or the connection to it failed in a way that a retry may fix.</summary>
/// <param name="problem">What happened, as the end of a sentence.</param>
internal sealed class HubTransientException(string problem, Exception? cause = null) : Exception(problem, cause)
{
    /// <summary>When the server wants to be asked again; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
