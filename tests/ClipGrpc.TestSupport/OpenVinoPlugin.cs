using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.TestSupport;

/// <summary>
/// OpenVINO's plug-in execution provider, for tests that need a real one: <c>CLIPGRPC_OPENVINO_PLUGIN</c> is the path
/// of its library. Without it they are skipped.
/// </summary>
internal static class OpenVinoPlugin
{
    public const string Name = "openvino";

    private const string Variable = "CLIPGRPC_OPENVINO_PLUGIN";

    public static string Library
    {
        get
        {
            var path = Environment.GetEnvironmentVariable(Variable);
            Assert.SkipWhen(string.IsNullOrEmpty(path), $"Needs OpenVINO's plug-in: set {Variable} to its library.");
            return path!;
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
