namespace ClipGrpc.Models.Hub;

/// <summary>What a revision of a model is.</summary>
/// <param name="Commit">40 hex digits.</param>
/// <param name="Files">Paths of all its files, checked.</param>
internal sealed record HubModelInfo(string Commit, IReadOnlyCollection<string> Files);
