namespace ClipGrpc.Models.Hub;

/// <summary>What verifying a file of a snapshot showed.</summary>
/// <param name="Problem">Null where the content is what its hash says.</param>
/// <param name="IsDamaged">False also where no hash is known to compare with.</param>
internal sealed record VerifiedFile(string Name, long Size, string? Problem, bool IsDamaged);
