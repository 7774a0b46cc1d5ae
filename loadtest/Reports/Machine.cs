using System.Runtime.InteropServices;
using ClipGrpc.Models;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>Where numbers were measured: they mean nothing without it.</summary>
/// <param name="Features">The instructions that decide on the speed of bf16 and int8: AMX, AVX-512-BF16, VNNI.</param>
internal sealed record Machine(
    string Cpu, string Features, int Cores, string Os, string Runtime, string OnnxRuntime)
{
    private const string CpuInfo = "/proc/cpuinfo";

    public static Machine Current { get; } = new(
        FindCpu(), ProcessorFeatures.Describe(), Environment.ProcessorCount, RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        typeof(InferenceSession).Assembly.GetName().Version?.ToString(3) ?? "");

    public override string ToString() =>
        $"{Cpu} ({Features}), {Cores} cores, {Os}, {Runtime}, ONNX Runtime {OnnxRuntime}";

    private static string FindCpu()
    {
        var line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
