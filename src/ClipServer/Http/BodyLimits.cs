namespace ClipGrpc.Server.Http;

/// <summary>How large a body may be, and how slow.</summary>
/// <param name="Timeout">In each such time an eighth of an incomplete body must arrive.</param>
internal sealed record BodyLimits(int MaxBytes, TimeSpan Timeout, TimeProvider Time);
