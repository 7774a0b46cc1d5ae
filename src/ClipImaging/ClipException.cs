namespace ClipGrpc;

/// <summary>An error that the caller is told of. The message is meant for a person and holds no internals.</summary>
internal sealed class ClipException(ClipErrorCode code, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ClipErrorCode Code { get; } = code;

    /// <summary>For <see cref="ClipErrorCode.Overloaded"/>: when it is worth trying again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// Whether the error concerns this one request item only, so that the other items of the call still succeed.
    /// Otherwise the call fails, so that retry policies see it.
    /// </summary>
    public bool IsItemError { get; init; } = code == ClipErrorCode.InvalidInput;

    /// <summary>The same error about a field of the request, which the message then names first.</summary>
    public ClipException At(string field) =>
        new(Code, $"{field}: {Message}", InnerException) { RetryAfter = RetryAfter, IsItemError = IsItemError };
}
