namespace ClipGrpc.Client;

/// <summary>Information from the authors of a published model. Unknown texts are empty.</summary>
public sealed record ClipModelCard
{
    /// <summary>The license.</summary>
    public string License { get; init; } = "";

    /// <summary>The training data.</summary>
    public string TrainingData { get; init; } = "";

    /// <summary>
    /// Published zero-shot top-1 accuracy on ImageNet-1k, in percent; null if unknown.
    /// </summary>
    public float? ImagenetTop1 { get; init; }

    /// <summary>The intended use.</summary>
    public string IntendedUse { get; init; } = "";

    /// <summary>Uses that the model is not intended for.</summary>
    public string OutOfScopeUse { get; init; } = "";

    /// <summary>
    /// URL of the full model card. For the demo model, a path in the repository of this project.
    /// </summary>
    public string Url { get; init; } = "";

    internal static ClipModelCard From(V1.ModelCard card) => new()
    {
        License = card.License,
        TrainingData = card.TrainingData,
        ImagenetTop1 = card.HasImagenetTop1 ? card.ImagenetTop1 : null,
        IntendedUse = card.IntendedUse,
        OutOfScopeUse = card.OutOfScopeUse,
        Url = card.Url,
    };
}
