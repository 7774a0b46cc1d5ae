namespace ClipGrpc.Serving;

/// <summary>A part of the server that can fail for good, so that only a new process helps. <c>/healthz</c> asks all of
/// them. Called from any thread.</summary>
internal interface ILiveness
{
    bool IsAlive { get; }

    /// <summary>One sentence: what failed, or that nothing did.</summary>
    string Describe();
}
