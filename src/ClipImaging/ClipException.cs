namespace ClipGrpc;

/// <summary>An error that the caller is told of. The message is meant for a person and holds no internals.</summary>
internal sealed class ClipException : Exception
{
    public ClipException(ClipErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    public ClipErrorCode Code { get; }

    /// <summary>For <see cref="ClipErrorCode.Overloaded"/>: when it is worth trying again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The same error about a field of the request, which the message then names first.</summary>
    public ClipException At(string field) =>
        new(Code, $"{field}: {Message}", InnerException) { RetryAfter = RetryAfter };
}
