namespace ClipGrpc.Client;

/// <summary>What a batch does when one of the calls it is split into fails as a whole, after its retries.</summary>
public enum CallFailure
{
    /// <summary>The batch fails with that call's error; calls under way are cancelled.</summary>
    Throw,

    /// <summary>The call's error becomes the error of each of its items, and the batch goes on.</summary>
    PerItem,
}
