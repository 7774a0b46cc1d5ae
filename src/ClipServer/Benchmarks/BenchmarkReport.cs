using System.Text.Json.Serialization;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>The object of <c>bench --json</c>.</summary>
/// <param name="Model">As it was given.</param>
/// <param name="Features">Instructions that decide on the speed of bf16 and int8, such as AMX.</param>
/// <param name="Recommendation">Null: the default could not be measured.</param>
internal sealed record BenchmarkReport(
    string Model, string Processor, IReadOnlyList<string> Features, int Cores, string Runtime,
    IReadOnlyList<BenchmarkRow> Candidates, Recommendation? Recommendation)
{
    public double ExactEnoughCosine => BenchmarkRow.ExactEnough;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchmarkReport))]
[JsonSerializable(typeof(Measurement))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
