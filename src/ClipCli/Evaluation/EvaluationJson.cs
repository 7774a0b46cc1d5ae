using System.Text.Json.Serialization;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>The report as JSON: properties in the order of the record.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(FiniteFloatConverter)])]
[JsonSerializable(typeof(EvaluationReport))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
