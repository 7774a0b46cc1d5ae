namespace ClipGrpc.Client;

/// <summary>What happens to a text that has more tokens than the model's context.</summary>
public enum LongText
{
    /// <summary>It is truncated; results report it.</summary>
    Truncate,

    /// <summary>It fails with INVALID_ARGUMENT.</summary>
    Reject,
}
