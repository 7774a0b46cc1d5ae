namespace ClipGrpc.Server.Telemetry;

/// <summary>
/// The id under which a caller and this server's log know a request: the caller's own, if it is one that can be logged
/// and sent back as it is, otherwise the server's, which costs nothing until it is needed.
/// </summary>
internal static class RequestId
{
    public const string Header = "x-request-id";

    private const int MaxLength = 128;

    public static string Of(HttpContext context) => Find(context) ?? context.TraceIdentifier;

    /// <summary>The caller's own id; null: there is none, or one that is too long or not printable ASCII.</summary>
    public static string? Find(HttpContext context) =>
        context.Request.Headers.TryGetValue(Header, out var values)
        && values is [{ Length: > 0 and <= MaxLength } id]
        && !id.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? id
            : null;
}
