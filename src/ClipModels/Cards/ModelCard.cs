namespace ClipGrpc.Models.Cards;

/// <summary>What its authors say of a model. Null is unknown.</summary>
/// <param name="ImageNetTop1">Published zero-shot top-1 on ImageNet-1k, percent.</param>
internal sealed record ModelCard(
    string? License = null,
    string? TrainingData = null,
    float? ImageNetTop1 = null,
    string? IntendedUse = null,
    string? OutOfScopeUse = null,
    string? Url = null);
