using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving.Models;
using ClipGrpc.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Tests.Hosting;

public sealed class FasterPrecisionTests
{
    private static readonly DeviceSpec OpenVino = DeviceSpec.OfPlugin("openvino", OrtHardwareDeviceType.CPU);

    [Fact]
    public void FindSlow_SeveralModels_IsTheFirstInFp32OnTheCpu()
    {
        var models = new[]
        {
            Model("demo", ModelCatalog.Demo), Model("a", "/a", precision: "int8"),
            Model("b", "/b", device: "openvino:cpu:0"), Model("c", "/c"), Model("d", "/d"),
        };

        Assert.Equal("c", FasterPrecision.FindSlow(models)?.Name);
        Assert.Null(FasterPrecision.FindSlow(models[..3]));
    }

    [Fact]
    public void FindFlags_NoInstructions_AreNone() => Assert.Null(FasterPrecision.FindFlags([], false, () => OpenVino));

    [Fact]
    public void FindFlags_NoProvider_AreInt8() =>
        Assert.Equal("--precision int8", FasterPrecision.FindFlags(["VNNI"], false, () => null));

    [Fact]
    public void FindFlags_ProviderHasBf16_NameItsDevice() => Assert.Equal(
        "--precision bf16 --device openvino:cpu", FasterPrecision.FindFlags(["AMX"], false, () => OpenVino));

    [Fact]
    public void FindFlags_Bf16WithoutMatrixUnits_AreInt8() => Assert.Equal(
        "--precision int8", FasterPrecision.FindFlags(["AVX-512-BF16", "VNNI"], false, () => OpenVino));

    [Fact]
    public void FindFlags_ArmWithBf16_NeedNoProvider() =>
        Assert.Equal("--precision bf16", FasterPrecision.FindFlags(["ARM BF16"], true, () => null));

    private static ModelInfo Model(string name, string source, string device = "cpu", string precision = "fp32") =>
        new()
        {
            Name = name,
            Source = source,
            Identity = "",
            Revision = "",
            Precision = precision,
            Provider = "CPU",
            Device = device,
            Config = TestConfigs.Create(),
            LogitScale = 1,
            Parameters = 1,
            MaxBatchSize = 1,
            Card = new ModelCard(),
        };
}
