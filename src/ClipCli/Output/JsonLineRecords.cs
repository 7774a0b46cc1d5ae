using System.Text.Json.Serialization;

namespace ClipGrpc.Cli.Output;

/// <summary>A line of <c>clip classify --json</c>.</summary>
internal sealed record ClassificationLine(
    string Input, string Model, string Revision, IEnumerable<PredictionEntry> Predictions, string? Error)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimingsEntry? Timings { get; init; }
}

internal sealed record PredictionEntry(string Label, float Probability, float Cosine);

/// <summary>A line of <c>clip embed --json</c>.</summary>
/// <param name="Truncated">Null where there is no embedding.</param>
/// <param name="TokenCount">Null where there is no embedding, or not one of a text.</param>
internal sealed record EmbeddingLine(
    string Input,
    string Model,
    string Revision,
    ReadOnlyMemory<float> Embedding,
    bool? Truncated,
    int? TokenCount,
    string? Error)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimingsEntry? Timings { get; init; }
}

/// <summary>Where the server's time for the item's call went, with <c>--timings</c>.</summary>
internal sealed record TimingsEntry(
    double QueueMs, double PreprocessMs, double InferenceMs, double TotalMs, int BatchSize);

/// <summary>A line of <c>clip rank --json</c>.</summary>
internal sealed record RankingLine(
    string Query,
    string Model,
    string Revision,
    IEnumerable<RankedEntry> Ranked,
    IEnumerable<CandidateErrorEntry> Errors);

internal sealed record RankedEntry(string Candidate, float Probability, float Cosine);

internal sealed record CandidateErrorEntry(string Candidate, string Error);

/// <summary>A line of <c>clip models --json</c> and <c>clip ps --json</c>.</summary>
internal sealed record ServedModelLine(
    string Name,
    string Source,
    string Revision,
    string State,
    bool Default,
    string Precision,
    string Provider,
    string Device,
    uint Dimensions,
    uint ImageSize,
    uint ContextLength,
    string Activation,
    ulong Parameters,
    string License,
    float? ImagenetTop1);

/// <summary>A line of <c>clip models --cached --json</c>.</summary>
internal sealed record CachedModelLine(
    string Id, string Commit, IReadOnlyList<string> Revisions, long Size, string? Weights, string Folder);
