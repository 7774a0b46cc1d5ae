namespace ClipGrpc.Serving;

/// <summary>A part of the server that may not be ready for work yet or any more. <c>/readyz</c> asks all of them.
/// Called from any thread.</summary>
internal interface IReadiness
{
    bool IsReady { get; }

    /// <summary>One sentence: what is waited for, or that nothing is.</summary>
    string Describe();
}
