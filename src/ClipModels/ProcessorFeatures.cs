using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ClipGrpc.Models;

/// <summary>The instructions of this processor that decide how fast a precision is on it.</summary>
internal static class ProcessorFeatures
{
    /// <summary>Matrix units for bf16 and int8.</summary>
    public const string Amx = "AMX";

    private const string Vnni = "VNNI";
    private const string ArmBf16 = "ARM BF16";
    private const string CpuInfo = "/proc/cpuinfo";
    private const int ExtendedFeatures = 7;

    private static readonly Lazy<IReadOnlyList<string>> Found = new(Find);
    private static readonly Lazy<string> FoundModel = new(FindModel);

    /// <summary>What its maker calls it, or its architecture where the system does not tell.</summary>
    public static string Model => FoundModel.Value;

    /// <summary>Such as <c>AMX</c>, <c>AVX-512-BF16</c> and <c>VNNI</c>, the fastest first.</summary>
    public static IReadOnlyList<string> Names => Found.Value;

    /// <summary>Whether products of bytes are summed in 32 bits.</summary>
    public static bool HasVnni => Names.Contains(Vnni);

    /// <summary>Whether the runtime's own bf16 kernels run here; it has them on ARM64 with Linux.</summary>
    public static bool HasArmBf16 => Names.Contains(ArmBf16);

    /// <summary>For reports and errors: <c>AMX, VNNI</c> or <c>no AMX, BF16 or VNNI</c>.</summary>
    public static string Describe() => Names.Count > 0 ? string.Join(", ", Names) : "no AMX, BF16 or VNNI";

    private static string FindModel()
    {
        var line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static IReadOnlyList<string> Find() =>
        X86Base.IsSupported ? [.. FindX86()]
        : RuntimeInformation.ProcessArchitecture == Architecture.Arm64 && File.Exists(CpuInfo)
            ? FindArm(File.ReadLines(CpuInfo))
            : [];

    /// <param name="cpuInfo">The lines of Linux's <c>/proc/cpuinfo</c>.</param>
    internal static IReadOnlyList<string> FindArm(IEnumerable<string> cpuInfo)
    {
        var line = cpuInfo.FirstOrDefault(line => line.StartsWith("Features", StringComparison.Ordinal)) ?? "";
        var flags = line[(line.IndexOf(':') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (string Flag, string Name)[] known = [("bf16", ArmBf16), ("i8mm", "ARM I8MM"), ("asimddp", "ARM DOTPROD")];
        return [.. known.Where(feature => flags.Contains(feature.Flag)).Select(feature => feature.Name)];
    }

    private static IEnumerable<string> FindX86()
    {
        if (X86Base.CpuId(0, 0).Eax < ExtendedFeatures)
            yield break;

        var (_, _, ecx, edx) = X86Base.CpuId(ExtendedFeatures, 0);
        var more = X86Base.CpuId(ExtendedFeatures, 1).Eax;
        const int AmxBf16 = 22;
        const int AmxInt8 = 25;
        const int Avx512Vnni = 11;
        const int AvxVnni = 4;
        const int Avx512Bf16 = 5;
        if (IsSet(edx, AmxBf16) || IsSet(edx, AmxInt8))
            yield return Amx;
        if (IsSet(more, Avx512Bf16))
            yield return "AVX-512-BF16";
        if (IsSet(ecx, Avx512Vnni) || IsSet(more, AvxVnni))
            yield return Vnni;
    }

    private static bool IsSet(int register, int bit) => (register >> bit & 1) != 0;
}
