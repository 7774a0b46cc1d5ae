namespace ClipGrpc.Models.Hub;

/// <summary>What verifying a file of a snapshot showed.</summary>
/// <param name="Problem">Null where the content is what its hash says.</param>
internal sealed record VerifiedFile(string Name, long Size, string? Problem);
