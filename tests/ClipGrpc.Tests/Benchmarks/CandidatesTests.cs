using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Benchmarks;
using ClipGrpc.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Tests.Benchmarks;

public sealed class CandidatesTests
{
    [Fact]
    public void Find_NoProviders_HasWhatTheProcessorServes()
    {
        var candidates = Candidates.Find(new InferenceOptions());

        Assert.Equal(Candidate.Default, candidates.Available[0]);
        var onCpu = candidates.Available.Where(each => each.Device == DeviceSpec.Cpu).Select(each => each.Precision);
        Precision[] expected = ProcessorFeatures.HasArmBf16
            ? [Precision.Fp32, Precision.Fp16, Precision.Bf16, Precision.Int8]
            : [Precision.Fp32, Precision.Fp16, Precision.Int8];
        Assert.Equal(expected, onCpu);
        Assert.Empty(candidates.Refused);
    }

    [Fact]
    public void Find_LibraryIsMissing_IsRefusedAndTheOthersStay()
    {
        var options = new InferenceOptions { Providers = new Dictionary<string, string> { ["other"] = "/no/such.so" } };

        var candidates = Candidates.Find(options);

        var (candidate, reason) = Assert.Single(candidates.Refused);
        Assert.Equal("other", $"{candidate.Device}");
        Assert.Contains("/no/such.so", reason, StringComparison.Ordinal);
        Assert.Contains(Candidate.Default, candidates.Available);
    }

    [Fact]
    public void Find_OpenVino_HasThePrecisionsThatItsDeviceLists()
    {
        var options = OpenVinoPlugin.Options(Precision.Fp32);

        var candidates = Candidates.Find(options).Available;

        var device = DeviceSpec.OfPlugin(OpenVinoPlugin.Name, OrtHardwareDeviceType.CPU);
        Assert.Contains(new Candidate(device, Precision.Fp32), candidates);
        Assert.Equal(OpenVinoPlugin.Has(Precision.Bf16), candidates.Contains(new Candidate(device, Precision.Bf16)));
        Assert.DoesNotContain(new Candidate(device, Precision.Int8), candidates);
    }

    [Fact]
    public void Flags_Default_AreNone() => Assert.Empty(Candidate.Default.Flags(new Dictionary<string, string>()));

    [Fact]
    public void Flags_Plugin_NamePrecisionDeviceAndLibrary()
    {
        var candidate = new Candidate(DeviceSpec.OfPlugin("ov", OrtHardwareDeviceType.CPU), Precision.Bf16);

        var flags = candidate.Flags(new Dictionary<string, string> { ["ov"] = "/opt/ov.so", ["other"] = "/x.so" });

        Assert.Equal(["--precision", "bf16", "--device", "ov:cpu", "--provider", "ov=/opt/ov.so"], flags);
    }
}
