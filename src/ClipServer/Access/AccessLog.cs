namespace ClipGrpc.Server.Access;

/// <summary>Log lines about authorization, model changes and limits: events 301, 303 and 310 to 319.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(301, LogLevel.Information, "{Endpoint} rejected a call of {Caller}: {Reason} Request {RequestId}.")]
    public static partial void Refused(
        this ILogger logger, string endpoint, string caller, string reason, string requestId);

    [LoggerMessage(310, LogLevel.Information, "{What} reloaded from {Files}.")]
    public static partial void FileReloaded(this ILogger logger, string what, string files);

    [LoggerMessage(311, LogLevel.Warning, "{What} not reloaded, the previous ones remain in use: {Reason}")]
    public static partial void FileNotReloaded(this ILogger logger, string what, string reason);

    [LoggerMessage(312, LogLevel.Information, "{Caller} loaded the model {Model}, revision {Revision}, from {Source}.")]
    public static partial void ModelLoaded(
        this ILogger logger, string caller, string model, string revision, string source);

    [LoggerMessage(313, LogLevel.Information, "{Caller} unloaded the model {Model}.")]
    public static partial void ModelUnloaded(this ILogger logger, string caller, string model);

    [LoggerMessage(314, LogLevel.Warning, "The TLS certificate {Subject} expires at {Expiry:u}.")]
    public static partial void CertificateExpires(this ILogger logger, string subject, DateTimeOffset expiry);

    [LoggerMessage(315, LogLevel.Warning,
        "The signing keys of the issuer {Issuer} cannot be fetched from {Url}: {Reason}")]
    public static partial void KeysNotFetched(this ILogger logger, string issuer, string url, string reason);

    [LoggerMessage(303, LogLevel.Information,
        "Memory budget: {Budget} of {Available} bytes ({Messages} for messages, {Decoding} for decoding images), "
        + "at most {MaxConnections} connections.")]
    public static partial void MemoryDivided(
        this ILogger logger, long budget, long available, long messages, long decoding, int maxConnections);
}
