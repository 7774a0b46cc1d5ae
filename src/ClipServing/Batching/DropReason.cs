namespace ClipGrpc.Serving.Batching;

/// <summary>Why an accepted item left its queue without being run.</summary>
internal enum DropReason
{
    Cancelled,

    /// <summary>Its deadline passed.</summary>
    Expired,
}
