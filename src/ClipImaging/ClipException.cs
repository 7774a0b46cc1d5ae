namespace ClipGrpc;

/// <summary>
/// An error that the caller is told of. Its reason is for programs; the message is meant for a person and holds no
/// internals.
/// </summary>
internal sealed class ClipException(ClipErrorReason reason, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    public ClipErrorReason Reason { get; } = reason;

    public ClipErrorCode Code { get; } = reason.ToCode();

    /// <summary>When it is worth trying again; null: it is not, at this server.</summary>
    public TimeSpan? RetryAfter { get; init; } = reason.DefaultRetryAfter();

    /// <summary>
    /// Whether the error concerns this one request item only, so that the other items of the call still succeed.
    /// Otherwise the call fails, so that retry policies see it.
    /// </summary>
    public bool IsItemError { get; init; } = reason.ToCode() == ClipErrorCode.InvalidInput;

    /// <summary>The path of the field that is not valid, from the request message: <c>inputs[3].image</c>.</summary>
    public string? Field { get; private init; }

    /// <summary>The message without the field.</summary>
    public string Description => Field is null ? Message : Message[(Field.Length + FieldEnd.Length)..];

    /// <summary>The values of the error for programs, by the keys that the reason's documentation names.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = NoMetadata;

    private static string FieldEnd => ": ";

    /// <summary>The same error about a field of the request, which the message then names first.</summary>
    public ClipException At(string field) =>
        new(Reason, $"{field}{FieldEnd}{Description}", InnerException)
        {
            RetryAfter = RetryAfter,
            IsItemError = IsItemError,
            Field = field,
            Metadata = Metadata,
        };
}
