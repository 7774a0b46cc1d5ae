using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// What OpenVINO's plug-in is told. Left to itself it computes fp32 models in bf16 or fp16 where the device can, and
/// ignores options that it does not know; so everything goes through <c>load_config</c>, which OpenVINO itself checks.
/// </summary>
internal static class OpenVinoOptions
{
    public const string Provider = "OpenVINOExecutionProvider";

    private const string Precisions = "OPTIMIZATION_CAPABILITIES";
    private const string PrecisionHint = "INFERENCE_PRECISION_HINT";
    private const string Threads = "INFERENCE_NUM_THREADS";

    // Settings of this server, which would report something else than what runs.
    private static readonly (string Option, string Setting)[] Reserved =
        [(PrecisionHint, "--precision"), (Threads, "Clip:Inference:IntraOpThreads")];

    /// <summary>The precisions that a device lists, as OpenVINO writes them: <c>FP32</c>, <c>BF16</c>, ….</summary>
    public static IReadOnlyList<string> PrecisionsOf(OrtEpDevice device) =>
        device.EpMetadata.Entries.TryGetValue(Precisions, out var line)
            ? line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : [];

    /// <summary>The plug-in's options for a session.</summary>
    /// <param name="given">Properties of OpenVINO by name.</param>
    /// <exception cref="ClipException">An option that is a setting of this server.</exception>
    public static Dictionary<string, string> Create(
        OrtEpDevice device, Precision precision, int threads, string plugin, IReadOnlyDictionary<string, string> given)
    {
        foreach ((var option, var setting) in Reserved)
        {
            if (given.ContainsKey(option))
            {
                throw new ClipException(
                    ClipErrorReason.InvalidSetting,
                    $"Option {option} of provider {plugin}: not allowed, because {setting} sets it.");
            }
        }

        var properties = new Dictionary<string, string>(given) { [PrecisionHint] = HintOf(precision) };
        if (device.HardwareDevice.Type == OrtHardwareDeviceType.CPU)
            properties[Threads] = threads.ToString(CultureInfo.InvariantCulture);
        var name = device.EpMetadata.Entries["ov_device"];
        var config = new Dictionary<string, Dictionary<string, string>> { [name] = properties };
        var json = JsonSerializer.Serialize(config, OpenVinoJson.Default.DictionaryStringDictionaryStringString);
        return new Dictionary<string, string> { ["load_config"] = json };
    }

    private static string HintOf(Precision precision) => precision switch
    {
        Precision.Fp32 => "f32",
        Precision.Fp16 => "f16",
        Precision.Bf16 => "bf16",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "No such precision of OpenVINO."),
    };
}
