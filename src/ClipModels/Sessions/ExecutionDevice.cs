using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>The device that a model runs on, found and known to have what the model needs of it.</summary>
/// <param name="Provider">The execution provider: CPU, CUDA, or a plug-in's, such as OpenVINO.</param>
/// <param name="Name">Such as <c>cpu</c>, <c>cuda:0</c> or <c>openvino:cpu:0</c>.</param>
/// <param name="IsProcessor">Whether it shares the cores with everything else that the server does.</param>
/// <param name="Plugin">A plug-in's device; null: the runtime's own provider.</param>
internal sealed record ExecutionDevice(string Provider, string Name, bool IsProcessor, OrtEpDevice? Plugin)
{
    private const string ProviderSuffix = "ExecutionProvider";

    /// <summary>The device that the options name. A missing one is an error, never replaced.</summary>
    /// <exception cref="ClipException">No such provider or device, or it does not have the precision.</exception>
    public static ExecutionDevice Resolve(InferenceOptions options) => options.Device.Kind switch
    {
        DeviceKind.Cpu => ResolveCpu(options),
        DeviceKind.Cuda => ResolveCuda(options),
        _ => ResolvePlugin(options),
    };

    private static ExecutionDevice ResolveCpu(InferenceOptions options)
    {
        if (options.Precision == Precision.Bf16 && !ProcessorFeatures.HasArmBf16)
        {
            throw Refuse(
                options.Precision, "cpu",
                "it requires an ARM64 processor with BF16 instructions, and this one has "
                + $"{ProcessorFeatures.Describe()}. On Intel processors, use the OpenVINO plug-in "
                + "(--provider openvino=PATH --device openvino:cpu); on others, fp32 or int8");
        }

        return new ExecutionDevice("CPU", "cpu", IsProcessor: true, null);
    }

    private static ExecutionDevice ResolveCuda(InferenceOptions options)
    {
        var name = $"cuda:{options.DeviceId}";
        if (options.Precision is Precision.Int8)
            throw Refuse(options.Precision, name, "it runs on the device cpu only; use fp16 or fp32");
        if (options.Precision is Precision.Bf16)
            throw Refuse(options.Precision, name, "it requires a CPU; use fp16 or fp32");
        return new ExecutionDevice("CUDA", name, IsProcessor: false, null);
    }

    private static ExecutionDevice ResolvePlugin(InferenceOptions options)
    {
        var spec = options.Device;
        if (!options.Providers.TryGetValue(spec.Plugin!, out var path))
        {
            var known = options.Providers.Count > 0 ? string.Join(", ", options.Providers.Keys) : "none";
            throw new ClipException(
                ClipErrorReason.InvalidField,
                $"Device {spec}: the provider {spec.Plugin} is not configured. Providers: {known}. "
                + $"Set its library with --provider {spec.Plugin}=PATH.");
        }

        var devices = PluginProviders.Load(spec.Plugin!, path, options.Telemetry);
        var hardware = spec.Hardware ?? devices[0].HardwareDevice.Type;
        var found = devices.Where(device => device.HardwareDevice.Type == hardware).ElementAtOrDefault(spec.Index);
        if (found is null)
        {
            var all = string.Join(", ", devices.Select(PluginProviders.Describe));
            throw new ClipException(
                ClipErrorReason.InvalidField,
                $"Device {spec}: provider {spec.Plugin} does not have it on this machine. Its devices: {all}.");
        }

        var name = $"{spec.Plugin}:{DeviceSpec.NameOf(hardware)}:{spec.Index}";
        CheckPrecision(options.Precision, name, found);
        var provider = found.EpName.EndsWith(ProviderSuffix, StringComparison.Ordinal)
            ? found.EpName[..^ProviderSuffix.Length]
            : found.EpName;
        return new ExecutionDevice(provider, name, hardware == OrtHardwareDeviceType.CPU, found);
    }

    private static void CheckPrecision(Precision precision, string name, OrtEpDevice device)
    {
        if (precision == Precision.Int8)
            throw Refuse(precision, name, "its operators are those of the device cpu");

        if (device.EpName != OpenVinoOptions.Provider)
        {
            if (precision == Precision.Bf16)
            {
                throw Refuse(
                    precision, name, $"only the OpenVINO plug-in supports it, and this is {device.EpName}");
            }

            return;
        }

        var precisions = OpenVinoOptions.PrecisionsOf(device);
        if (!precisions.Contains(precision.Name(), StringComparer.OrdinalIgnoreCase))
        {
            throw Refuse(
                precision, name,
                $"{PluginProviders.Describe(device)} does not support it, only {string.Join(", ", precisions)}");
        }
    }

    private static ClipException Refuse(Precision precision, string device, string reason) => new(
        ClipErrorReason.InvalidModel,
        $"The precision {precision.Name()} is not available on the device {device}: {reason}.");
}
