namespace ClipGrpc.Server.Http;

/// <summary>An error of a call over HTTP, with what some formats report beside the message.</summary>
/// <param name="Reason">Why it failed.</param>
/// <param name="Message">Names the field first, if it is about one.</param>
internal sealed record RequestError(ClipErrorReason Reason, string Message)
{
    public ClipErrorCode Code => Reason.ToCode();

    /// <summary>The field that is not valid: <c>input[3]</c>.</summary>
    public string? Field { get; init; }

    /// <summary>For programs: <c>invalid_image</c>. Null: what the kind of error implies.</summary>
    public string? ErrorCode { get; init; }

    public TimeSpan? RetryAfter { get; init; } = Reason.DefaultRetryAfter();

    /// <summary>A status that follows from HTTP itself and not from the kind of error.</summary>
    public int? Status { get; init; }

    public static RequestError From(ClipException error) =>
        new(error.Reason, error.Message) { Field = error.Field, RetryAfter = error.RetryAfter };

    /// <summary>The caller learns that it failed, the log what it was.</summary>
    public static RequestError Unforeseen { get; } =
        new(ClipErrorReason.InternalError, "The server failed to process this call. Its log has the details.");

    public static RequestException Invalid(string field, string message, string code = "invalid_value",
        ClipErrorReason reason = ClipErrorReason.InvalidField) =>
        new(new RequestError(reason, $"{field}: {message}") { Field = field, ErrorCode = code });
}
