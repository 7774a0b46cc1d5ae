namespace ClipGrpc.Client;

/// <summary>What a batch does when one of the calls it is split into fails as a whole, after its retries.</summary>
public enum CallFailure
{
    /// <summary>The batch fails with the error of that call. Its open calls are cancelled.</summary>
    Throw,

    /// <summary>The error of the call becomes the error of each of its items, and the batch continues.</summary>
    PerItem,
}
