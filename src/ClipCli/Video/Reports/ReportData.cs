using System.Text.Json.Serialization;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>What the page of the report draws.</summary>
internal sealed record ReportData(
    string Model,
    string Created,
    float Threshold,
    double LongestGap,
    IReadOnlyList<string> Labels,
    IReadOnlyList<ReportSource> Sources);

/// <param name="Name">Of the source.</param>
/// <param name="Video">The file's address relative to the report; null where there is no file.</param>
/// <param name="Problem">Why it ended early.</param>
/// <param name="Length">In seconds.</param>
/// <param name="Interval">Of the scores, in seconds.</param>
/// <param name="Counts">Numbers of frames and what became of them.</param>
/// <param name="Scores">Per label: the percentage per interval, −1 where no frame was.</param>
/// <param name="Segments">In the order of their starts.</param>
internal sealed record ReportSource(
    string Name,
    string? Video,
    string? Problem,
    double Length,
    double Interval,
    IReadOnlyList<object[]> Counts,
    IReadOnlyList<int[]> Scores,
    IReadOnlyList<ReportSegment> Segments);

/// <param name="Label">Its index.</param>
/// <param name="Start">In seconds.</param>
/// <param name="End">In seconds.</param>
/// <param name="Peak">The largest probability.</param>
/// <param name="Mean">The mean probability.</param>
/// <param name="Image">A data: address; null where there is none.</param>
internal sealed record ReportSegment(int Label, double Start, double End, float Peak, float Mean, string? Image);

// The default encoder leaves no < in the JSON, so no label can end the script element that holds it.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReportData))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
internal sealed partial class ReportJson : JsonSerializerContext;
