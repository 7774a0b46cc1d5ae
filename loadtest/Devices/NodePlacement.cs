using System.Text.Json;

namespace ClipGrpc.LoadTest.Devices;

/// <summary>Where the nodes of one kind ran, from the runtime's own profile.</summary>
/// <param name="Provider">CPU or CUDA.</param>
internal sealed record NodePlacement(string Operator, string Provider, int Nodes, TimeSpan Time)
{
    private const string ProviderEnd = "ExecutionProvider";

    /// <summary>
    /// The operators with a tower's arithmetic: one of them on another device than was asked for would cost more than
    /// all that the device gains. The others are the shapes' bookkeeping, which the runtime keeps on the CPU.
    /// </summary>
    private static readonly HashSet<string> HeavyOperators = new(StringComparer.Ordinal)
    {
        "Attention", "BiasGelu", "Conv", "FusedConv", "FusedGemm", "FusedMatMul", "Gelu", "Gemm",
        "LayerNormalization", "MatMul", "MultiHeadAttention", "QuickGelu", "SkipLayerNormalization", "Softmax",
        "DynamicQuantizeMatMul", "MatMulIntegerToFloat",
    };

    public bool IsHeavy => HeavyOperators.Contains(Operator);

    /// <summary>Every kind of node in a profile, the slowest first.</summary>
    public static IReadOnlyList<NodePlacement> Read(Stream profile)
    {
        using var document = JsonDocument.Parse(profile);
        return
        [
            .. document.RootElement.EnumerateArray().Where(IsKernel).GroupBy(KindOf)
                .Select(kind => new NodePlacement(
                    kind.Key.Operator, kind.Key.Provider, kind.Select(NameOf).Distinct().Count(),
                    TimeSpan.FromMicroseconds(kind.Sum(each => each.GetProperty("dur").GetInt64()))))
                .OrderByDescending(placement => placement.Time),
        ];
    }

    private static bool IsKernel(JsonElement entry) =>
        entry.GetProperty("cat").ValueEquals("Node")
        && entry.TryGetProperty("args", out var args) && args.TryGetProperty("provider", out _);

    private static string? NameOf(JsonElement entry) => entry.GetProperty("name").GetString();

    private static (string Operator, string Provider) KindOf(JsonElement entry)
    {
        var args = entry.GetProperty("args");
        var provider = args.GetProperty("provider").GetString()!;
        return (
            args.GetProperty("op_name").GetString()!,
            provider.EndsWith(ProviderEnd, StringComparison.Ordinal) ? provider[..^ProviderEnd.Length] : provider);
    }
}
