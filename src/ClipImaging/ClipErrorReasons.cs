namespace ClipGrpc;

/// <summary>What follows from a reason.</summary>
internal static class ClipErrorReasons
{
    /// <summary>While nothing else is known; the usual first backoff of clients.</summary>
    private static readonly TimeSpan OverloadRetry = TimeSpan.FromMilliseconds(100);

    /// <summary>A model takes seconds to load, and longer to be restarted.</summary>
    private static readonly TimeSpan ModelRetry = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentOutOfRangeException">No error of this program has the reason.</exception>
    public static ClipErrorCode ToCode(this ClipErrorReason reason) => reason switch
    {
        >= ClipErrorReason.InvalidField and <= ClipErrorReason.InvalidSetting => ClipErrorCode.InvalidInput,
        >= ClipErrorReason.ModelNotFound and <= ClipErrorReason.ServiceNotFound => ClipErrorCode.NotFound,
        >= ClipErrorReason.QueueFull and <= ClipErrorReason.MessageTooLarge => ClipErrorCode.Overloaded,
        ClipErrorReason.DeadlinePassed or ClipErrorReason.DeadlineTooShort => ClipErrorCode.DeadlineExceeded,
        >= ClipErrorReason.ModelLoading and <= ClipErrorReason.IssuerUnavailable => ClipErrorCode.Unavailable,
        ClipErrorReason.CredentialsMissing or ClipErrorReason.CredentialsInvalid => ClipErrorCode.Unauthenticated,
        >= ClipErrorReason.RoleMissing and <= ClipErrorReason.ModelSourceDenied => ClipErrorCode.PermissionDenied,
        >= ClipErrorReason.InternalError and <= ClipErrorReason.EmbeddingNotFinite => ClipErrorCode.Internal,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    /// <summary>When the same call may be worth a retry; null: a retry at this server does not help.</summary>
    public static TimeSpan? DefaultRetryAfter(this ClipErrorReason reason) => reason switch
    {
        ClipErrorReason.MessageTooLarge => null,
        >= ClipErrorReason.QueueFull and < ClipErrorReason.MessageTooLarge => OverloadRetry,
        ClipErrorReason.ModelLoading or ClipErrorReason.ModelRestarting => ModelRetry,
        ClipErrorReason.IssuerUnavailable => ModelRetry,
        _ => null,
    };
}
