namespace ClipGrpc.Server.Http;

/// <summary>An error of a call over HTTP, with what some formats report beside the message.</summary>
/// <param name="Code">What kind of error it is.</param>
/// <param name="Message">Names the field first, if it is about one.</param>
internal sealed record RequestError(ClipErrorCode Code, string Message)
{
    /// <summary>The field that is not valid: <c>input[3]</c>.</summary>
    public string? Field { get; init; }

    /// <summary>For programs: <c>invalid_image</c>. Null: what the kind of error implies.</summary>
    public string? Reason { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A status that follows from HTTP itself and not from the kind of error.</summary>
    public int? Status { get; init; }

    public static RequestError From(ClipException error) =>
        new(error.Code, error.Message) { RetryAfter = error.RetryAfter };

    /// <summary>The caller learns that it failed, the log what it was.</summary>
    public static RequestError Unforeseen { get; } =
        new(ClipErrorCode.Internal, "The server failed to answer this call. Its log has the details.");

    public static RequestException Invalid(string field, string message, string reason = "invalid_value") =>
        new(new RequestError(ClipErrorCode.InvalidInput, $"{field}: {message}") { Field = field, Reason = reason });
}
