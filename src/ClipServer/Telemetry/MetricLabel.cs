using System.Collections.Frozen;
using System.Text.Json;

namespace ClipGrpc.Server.Telemetry;

/// <summary>Enum values as label values, spelt once: this is on the hot path.</summary>
internal static class MetricLabel<TEnum>
    where TEnum : struct, Enum
{
    private static readonly FrozenDictionary<TEnum, string> Names = Enum.GetValues<TEnum>().Distinct()
        .ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    /// <summary>WorkConserving is work_conserving.</summary>
    public static string Of(TEnum value) => Names.TryGetValue(value, out var name) ? name : "unknown";
}
