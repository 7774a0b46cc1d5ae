namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Two neighbouring tokens become <paramref name="Token"/>; the lowest <paramref name="Rank"/> first.
/// </summary>
internal readonly record struct Merge(int Rank, int Token);
