namespace ClipGrpc.Models.Cards;

/// <param name="Id">Its Hub id, or `demo`.</param>
/// <param name="Aliases">OpenCLIP's names for it: architecture/pretrained tag.</param>
internal sealed record ModelCatalogEntry(string Id, IReadOnlyList<string> Aliases, ModelCard Card);
