namespace ClipGrpc.Cli.Output;

/// <summary>A line of <c>clip classify --json</c>.</summary>
internal sealed record ClassificationLine(
    string Input, string Model, string Revision, IEnumerable<PredictionEntry> Predictions, string? Error);

internal sealed record PredictionEntry(string Label, float Probability, float Cosine);

/// <summary>A line of <c>clip embed --json</c>.</summary>
internal sealed record EmbeddingLine(
    string Input, string Model, string Revision, ReadOnlyMemory<float> Embedding, string? Error);

/// <summary>A line of <c>clip models --json</c>.</summary>
internal sealed record ServedModelLine(
    string Name,
    string Source,
    string Revision,
    string State,
    bool Default,
    string Precision,
    string Provider,
    string Device,
    int Dimensions,
    int ImageSize,
    int ContextLength,
    string Activation,
    long Parameters,
    string License,
    float? ImagenetTop1);

/// <summary>A line of <c>clip models --cached --json</c>.</summary>
internal sealed record CachedModelLine(
    string Id, string Commit, IReadOnlyList<string> Revisions, long Size, string? Weights, string Folder);
