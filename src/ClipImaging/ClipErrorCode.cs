namespace ClipGrpc;

/// <summary>
/// The kinds of error, by how a caller must react. Only Rpc/StatusMapper maps them to gRPC status codes.
/// </summary>
internal enum ClipErrorCode
{
    /// <summary>The caller's input is at fault; the same call never works.</summary>
    InvalidInput,

    /// <summary>No such model or label set here.</summary>
    NotFound,

    /// <summary>A queue is full, or the deadline cannot be met; later may work.</summary>
    Overloaded,

    /// <summary>The deadline passed while the work waited; it was not run.</summary>
    DeadlineExceeded,

    /// <summary>Loading or draining.</summary>
    Unavailable,

    /// <summary>Who the caller is could not be established.</summary>
    Unauthenticated,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied,

    /// <summary>The runtime failed. The message is safe to show; what happened is in the log.</summary>
    Internal,
}
