using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.TestSupport;

/// <summary>
/// OpenVINO's plug-in execution provider, for tests that need a real one: <c>CLIPGRPC_OPENVINO_PLUGIN</c> is the path
/// of its library. They are skipped without it, and on processors of other makers than Intel, where it has no device.
/// </summary>
internal static class OpenVinoPlugin
{
    public const string Name = "openvino";

    private const string Variable = "CLIPGRPC_OPENVINO_PLUGIN";

    /// <summary>Its path, also where it has no device.</summary>
    public static string Path
    {
        get
        {
            var path = Environment.GetEnvironmentVariable(Variable);
            Assert.SkipWhen(string.IsNullOrEmpty(path), $"Needs OpenVINO's plug-in: set {Variable} to its library.");
            return path!;
        }
    }

    /// <summary>Its path, where it has a device.</summary>
    public static string Library
    {
        get
        {
            Assert.SkipUnless(
                IsIntel, $"OpenVINO's plug-in has no device for this processor: {ProcessorFeatures.Model}.");
            return Path;
        }
    }

    /// <summary>Whether Intel made the processor, as it says itself and not as the plug-in sees it.</summary>
    public static bool IsIntel
    {
        get
        {
            if (!X86Base.IsSupported)
                return false;

            var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
            return MemoryMarshal.AsBytes<int>([ebx, edx, ecx]).SequenceEqual("GenuineIntel"u8);
        }
    }

    public static InferenceOptions Options(Precision precision, params (string Name, string Value)[] options) => new()
    {
        Device = DeviceSpec.OfPlugin(Name),
        Precision = precision,
        Providers = new Dictionary<string, string> { [Name] = Library },
        ProviderOptions = options.Length == 0 ? new Dictionary<string, IReadOnlyDictionary<string, string>>()
            : new() { [Name] = options.ToDictionary(option => option.Name, option => option.Value) },
    };

    /// <summary>Whether the processor, as OpenVINO lists it, has a precision.</summary>
    public static bool Has(Precision precision)
    {
        var device = ExecutionDevice.Resolve(Options(Precision.Fp32));
        return OpenVinoOptions.PrecisionsOf(device.Plugin!).Contains(precision.ToString().ToUpperInvariant());
    }

    public static void SkipUnlessHas(Precision precision) =>
        Assert.SkipUnless(Has(precision), $"OpenVINO does not list {precision} for this processor.");
}
