using System.Text.Json.Serialization;

namespace ClipGrpc.Server.Http;

internal sealed record OpenAiEmbeddings(string Object, OpenAiEmbedding[] Data, string Model, OpenAiUsage Usage);

internal sealed record OpenAiEmbedding(string Object, int Index, EmbeddingVector Embedding);

internal sealed record OpenAiUsage(int PromptTokens, int TotalTokens);

internal sealed record OpenAiModelList(string Object, OpenAiModel[] Data);

/// <summary>A model; what the OpenAI API does not have of it is there while it serves.</summary>
/// <param name="Created">Seconds since 1970.</param>
internal sealed record OpenAiModel(string Id, string Object, long Created, string OwnedBy)
{
    public required string State { get; init; }

    public required string[] Capabilities { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Dimensions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ImageSize { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ContextLength { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Revision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Precision { get; init; }
}
