namespace ClipGrpc.Client;

/// <summary>The order of a stream's results.</summary>
public enum Ordering
{
    /// <summary>As soon as each is ready.</summary>
    Completion,

    /// <summary>That of the inputs.</summary>
    Input,
}
