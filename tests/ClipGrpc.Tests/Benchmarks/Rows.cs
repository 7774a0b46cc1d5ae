using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Benchmarks;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Tests.Benchmarks;

/// <summary>Rows of a report with chosen numbers.</summary>
internal static class Rows
{
    public static readonly Candidate Int8 = new(DeviceSpec.Cpu, Precision.Int8);

    public static readonly Candidate Bf16 =
        new(DeviceSpec.OfPlugin("openvino", OrtHardwareDeviceType.CPU), Precision.Bf16);

    public static readonly IReadOnlyDictionary<string, string> Providers =
        new Dictionary<string, string> { ["openvino"] = "/opt/open vino.so" };

    public static (Candidate Candidate, BenchmarkRow Row) Measured(
        Candidate candidate, double imagesPerSecond, double? cosine) => (
        candidate,
        new BenchmarkRow($"{candidate.Device}", candidate.PrecisionName)
        {
            Provider = "CPU",
            ImagesPerSecond = imagesPerSecond,
            RawImagesPerSecond = imagesPerSecond * 2,
            Texts = [new TextRate(10, 400, 500.5), new TextRate(77, 40.25, 50)],
            OneImageMilliseconds = 45.6,
            LoadedBytes = 500L << 20,
            PeakBytes = 800L << 20,
            StartSeconds = 2.25,
            LowestCosine = cosine,
        });

    public static (Candidate Candidate, BenchmarkRow Row) Refused(Candidate candidate, string reason) =>
        (candidate, BenchmarkRow.Refuse(candidate, reason));
}
