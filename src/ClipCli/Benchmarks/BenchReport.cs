using System.Text.Json.Serialization;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>The object of <c>clip bench --json</c>. Times are milliseconds.</summary>
internal sealed record BenchReport(
    string Server,
    string Model,
    string Revision,
    string Device,
    string Provider,
    string Precision,
    string Input,
    IEnumerable<BenchReportStep> Steps,
    BenchReportRecommendation? Recommendation)
{
    public static BenchReport Of(
        string server, Model model, string input, IReadOnlyList<StepResult> results) => new(
        server,
        model.Name,
        model.Revision,
        model.Device,
        model.Provider,
        model.Precision,
        input,
        results.Select(BenchReportStep.Of),
        Benchmarks.Recommendation.Of(results) is { } recommendation
            ? new BenchReportRecommendation(
                recommendation.Step.Step.Callers!.Value,
                recommendation.Step.Step.ItemsPerCall,
                recommendation.Step.Throughput,
                recommendation.Limit,
                $"{recommendation.Reason} {recommendation.Times}")
            : null);
}

internal sealed record BenchReportRecommendation(
    int Callers, int ItemsPerCall, double ItemsPerSecond, string Limit, string Reason);

internal sealed record BenchReportStep(
    string Loop,
    int? Callers,
    double? CallsPerSecond,
    int ItemsPerCall,
    IReadOnlyDictionary<string, long> Statuses,
    double ItemsPerSecond,
    double? P50,
    double? P90,
    double? P99,
    double? Max,
    double WorstSendLag,
    double? DeviceBusy,
    double? MeanBatch,
    double MeanQueue,
    double MeanPreprocess,
    double MeanInference,
    long CachedCalls)
{
    public static BenchReportStep Of(StepResult result) => new(
        result.Step.Rate is null ? "closed" : "open",
        result.Step.Callers,
        result.Step.Rate,
        result.Step.ItemsPerCall,
        result.Statuses.ToDictionary(status => NameOf(status.Key), status => status.Value),
        result.Throughput,
        result.Percentile(0.5)?.TotalMilliseconds,
        result.Percentile(0.9)?.TotalMilliseconds,
        result.Percentile(0.99)?.TotalMilliseconds,
        result.Percentile(1)?.TotalMilliseconds,
        result.WorstLag.TotalMilliseconds,
        result.DeviceBusy,
        result.MeanBatch,
        result.Queue.TotalMilliseconds,
        result.Preprocess.TotalMilliseconds,
        result.Inference.TotalMilliseconds,
        result.CachedCalls);

    /// <summary>As gRPC writes it: RESOURCE_EXHAUSTED.</summary>
    public static string NameOf(StatusCode status) => status == StatusCode.OK
        ? "OK"
        : string.Concat(status.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{c}"))
            .ToUpperInvariant();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
