using System.Text.Json.Serialization;

namespace ClipGrpc.Cli.Tables;

/// <summary>A row of a table of embeddings: an input and what became of it.</summary>
internal sealed record EmbeddingRow
{
    /// <summary>A hash of the path or the text, 32 hexadecimal digits: the same in every run and shard.</summary>
    public required string Id { get; init; }

    /// <summary>Null for a text.</summary>
    public string? Path { get; init; }

    /// <summary>Null for an image.</summary>
    public string? Text { get; init; }

    public required string Model { get; init; }

    public required string Revision { get; init; }

    public required string Precision { get; init; }

    /// <summary>Null where there is no embedding of a text.</summary>
    public int? TokenCount { get; init; }

    /// <summary>Null where there is no embedding.</summary>
    public bool? Truncated { get; init; }

    /// <summary>Bytes of the file when it was read; null where it is none.</summary>
    public long? Size { get; init; }

    /// <summary>UTC, in whole milliseconds; null where it is no file.</summary>
    public DateTime? Modified { get; init; }

    /// <summary>Null where there is an embedding.</summary>
    public string? Error { get; init; }

    /// <summary>[dimensions]; empty where there is an error.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<float> Vector { get; init; }
}
