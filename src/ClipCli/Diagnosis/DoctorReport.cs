using System.Text.Json.Serialization;

namespace ClipGrpc.Cli.Diagnosis;

/// <summary>The object of <c>clip doctor --json</c>.</summary>
internal sealed record DoctorReport(bool Ok, IEnumerable<DoctorReportCheck> Checks)
{
    public static DoctorReport Of(IReadOnlyList<Finding> findings) => new(
        findings.All(finding => finding.State != FindingState.Fail),
        findings.Select(finding => new DoctorReportCheck(
            finding.Name, finding.State.ToString().ToLowerInvariant(), finding.Detail, finding.Advice)));
}

internal sealed record DoctorReportCheck(string Check, string State, string Detail, string? Advice);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
