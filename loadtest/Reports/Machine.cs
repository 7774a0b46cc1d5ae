using System.Runtime.InteropServices;
using ClipGrpc.Models;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>Where numbers were measured: they mean nothing without it.</summary>
/// <param name="Features">The instructions that decide on the speed of bf16 and int8: AMX, AVX-512-BF16, VNNI.</param>
internal sealed record Machine(
    string Cpu, string Features, int Cores, string Os, string Runtime, string OnnxRuntime)
{
    public static Machine Current { get; } = new(
        ProcessorFeatures.Model, ProcessorFeatures.Describe(), Environment.ProcessorCount,
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
        typeof(InferenceSession).Assembly.GetName().Version?.ToString(3) ?? "");

    public override string ToString() =>
        $"{Cpu} ({Features}), {Cores} cores, {Os}, {Runtime}, ONNX Runtime {OnnxRuntime}";
}
