using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>One way to run a model: a device and a precision.</summary>
internal sealed record Candidate(DeviceSpec Device, Precision Precision)
{
    /// <summary>What the server uses without flags, and what the embeddings of the others are compared with.</summary>
    public static Candidate Default { get; } = new(DeviceSpec.Cpu, Precision.Fp32);

    /// <summary>As <c>--precision</c> takes it.</summary>
    public string PrecisionName { get; } = Precision.Name();

    /// <summary>The flags of the server that select it; none for the default.</summary>
    /// <param name="providers">Libraries of plug-ins by name.</param>
    public IReadOnlyList<string> Flags(IReadOnlyDictionary<string, string> providers)
    {
        var flags = new List<string>();
        if (Precision != Default.Precision)
            flags.AddRange(["--precision", PrecisionName]);
        if (Device != Default.Device)
            flags.AddRange(["--device", $"{Device}"]);
        if (Device.Plugin is { } plugin)
            flags.AddRange(["--provider", $"{plugin}={providers[plugin]}"]);
        return flags;
    }

    public override string ToString() => $"{PrecisionName} on {Device}";
}
