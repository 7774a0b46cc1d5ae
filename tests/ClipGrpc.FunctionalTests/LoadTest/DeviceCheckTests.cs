using System.Text;
using ClipGrpc.LoadTest;
using ClipGrpc.LoadTest.Devices;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.LoadTest;

/// <summary>What the check of a GPU is made of.</summary>
public class DeviceCheckTests
{
    private static readonly Dictionary<string, string?> Cpu = new() { ["Clip:Inference:Device"] = "cpu" };

    [Theory]
    [InlineData("tiny-gelu")]
    [InlineData("tiny-quickgelu")]
    public void Parity_TinyModel_EqualsTheReference(string name)
    {
        using var work = new TemporaryFolder();
        var reference = Assert.Single(ReferenceVectors.ReadAll(Make.DataPath(), [name]));

        var result = ParityCheck.Run(reference, work.Path, Cpu);

        Assert.Equal((6, 8), (result.Images.Count, result.Texts.Count));
        Assert.True(result.IsAtLeast(0.99999), $"{result.Images.Min()} {result.Texts.Min()}");
    }

    [Theory]
    [InlineData(0.999, true)]
    [InlineData(0.998, false)]
    [InlineData(double.NaN, false)]
    public void IsAtLeast_OneCosine_Decides(double cosine, bool expected) =>
        Assert.Equal(expected, new ParityResult("m", "fp16", "CUDA", [1, cosine], [1]).IsAtLeast(0.999));

    [Fact]
    public void ReadAll_NoSuchModel_IsRefused() =>
        Assert.Throws<LoadTestException>(() => ReferenceVectors.ReadAll(Make.DataPath(), ["RN50"]));

    [Fact]
    public void ReadAll_FullSizeModels_HaveTheConfigurationOfTheTests()
    {
        foreach (var reference in ReferenceVectors.ReadAll(Make.DataPath(), []))
        {
            var expected = GoldenModel.Load(reference.Model.Replace("/", "--", StringComparison.Ordinal)).Config;
            Assert.Equal(
                expected with { Mean = [], StandardDeviation = [] },
                reference.Config with { Mean = [], StandardDeviation = [] });
        }
    }

    [Fact]
    public void Placement_Profile_IsSummedByKindAndProvider()
    {
        const string Profile = """
            [{"cat":"Session","dur":5,"name":"model_loading"},
             {"cat":"Node","dur":30,"name":"MatMul_1_kernel_time",
              "args":{"op_name":"MatMul","provider":"CUDAExecutionProvider"}},
             {"cat":"Node","dur":20,"name":"MatMul_1_kernel_time",
              "args":{"op_name":"MatMul","provider":"CUDAExecutionProvider"}},
             {"cat":"Node","dur":10,"name":"MatMul_2_kernel_time",
              "args":{"op_name":"MatMul","provider":"CUDAExecutionProvider"}},
             {"cat":"Node","dur":1,"name":"Shape_1_kernel_time",
              "args":{"op_name":"Shape","provider":"CPUExecutionProvider"}},
             {"cat":"Node","dur":9,"name":"MatMul_1_fence_before","args":{"op_name":"MatMul"}},
             {"cat":"Kernel","dur":8,"name":"gemm","args":{"op_name":"MatMul"}}]
            """;

        var placements = NodePlacement.Read(new MemoryStream(Encoding.UTF8.GetBytes(Profile)));

        Assert.Equal(
            [
                new NodePlacement("MatMul", "CUDA", 2, TimeSpan.FromMicroseconds(60)),
                new NodePlacement("Shape", "CPU", 1, TimeSpan.FromMicroseconds(1)),
            ],
            placements);
        Assert.Equal([true, false], placements.Select(placement => placement.IsHeavy));
    }

    [Theory]
    [InlineData("NVIDIA H100 80GB HBM3", 989.0)]
    [InlineData("NVIDIA H100 PCIe", 756.0)]
    [InlineData("NVIDIA A100-SXM4-80GB", 312.0)]
    [InlineData("NVIDIA A10", 125.0)]
    [InlineData("NVIDIA L40S", 362.0)]
    [InlineData("NVIDIA L4", 121.0)]
    [InlineData("Tesla T4", 65.0)]
    [InlineData("NVIDIA A1000", null)]
    public void Peak_DeviceName_IsFoundAsAWord(string device, double? expected) =>
        Assert.Equal(expected, ChipPeaks.Find(device));

    /// <summary>Published counts of multiplications: 4.4 and 17.6 G, of which the last block saves 5 to 7 %.</summary>
    [Theory]
    [InlineData("ViT-B-32", 7.9e9, 8.8e9)]
    [InlineData("ViT-B-16", 31e9, 35.2e9)]
    public void Operations_OfAnImage_AreThoseOfTheArchitecture(string name, double least, double most) =>
        Assert.InRange(TowerOperations.OfImage(Architecture.Find(name)), least, most);

    [Fact]
    public void ShareOfPeak_PeakKnownOrNot_IsAShareOrNothing()
    {
        Assert.Equal(0.1, SweepRow.ShareOfPeak(rate: 10_000, operations: 1e10, peak: 1000)!.Value, 1e-9);
        Assert.Null(SweepRow.ShareOfPeak(rate: 10_000, operations: 1e10, peak: null));
    }
}
