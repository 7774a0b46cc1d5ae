using System.Text.Json.Serialization;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>A frame of <c>clip video --json</c>.</summary>
internal sealed record FrameLine(
    string Type,
    string Source,
    double Time,
    IEnumerable<FramePrediction> Predictions,
    bool Skipped,
    bool SceneChange,
    bool Dropped,
    double? Lag,
    string? Error);

internal sealed record FramePrediction(string Label, float Probability, float Cosine);

/// <summary>A segment of <c>clip video --json</c>.</summary>
internal sealed record SegmentLine(
    string Type, string Source, string Label, double Start, double End, float Peak, float Mean);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(FiniteFloatConverter)])]
[JsonSerializable(typeof(FrameLine))]
[JsonSerializable(typeof(SegmentLine))]
internal sealed partial class VideoLines : JsonSerializerContext;
