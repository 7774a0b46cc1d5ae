namespace ClipGrpc.Serving.Batching;

/// <summary>Why an accepted entry left its queue without being run.</summary>
internal enum DropReason
{
    Cancelled,

    /// <summary>Its deadline passed.</summary>
    Expired,
}
