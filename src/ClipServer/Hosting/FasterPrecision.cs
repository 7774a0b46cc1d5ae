using ClipGrpc.Models;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Serving.Models;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Tells the operator once when the processor has instructions that a model does not use. How much they bring depends
/// on the model and the machine, so it names the command that measures it.
/// </summary>
internal sealed class FasterPrecision(IOptions<InferenceOptions> inference, ILogger<FasterPrecision> logger)
{
    /// <param name="models">Those that the server was started with.</param>
    public void Announce(IReadOnlyList<ModelInfo> models)
    {
        if (FindSlow(models) is { } slow
            && FindFlags(ProcessorFeatures.Names, ProcessorFeatures.HasArmBf16, FindBf16Device) is { } flags)
        {
            logger.FasterPrecision(slow.Name, ProcessorFeatures.Describe(), flags, slow.Source);
        }
    }

    /// <summary>The first model in fp32 on the CPU. The demo model is for trying the server, which is fast enough.
    /// </summary>
    internal static ModelInfo? FindSlow(IReadOnlyList<ModelInfo> models) => models.FirstOrDefault(
        model => model is { Device: "cpu", Precision: "fp32" } && model.Source != ModelCatalog.Demo);

    /// <param name="features">As of <see cref="ProcessorFeatures.Names"/>.</param>
    /// <param name="hasArmBf16">Whether the device cpu has bf16.</param>
    /// <param name="findBf16Device">The device of a configured provider that has bf16; null: there is none.</param>
    /// <returns>Null: no precision has instructions here that fp32 does not have.</returns>
    internal static string? FindFlags(
        IReadOnlyList<string> features, bool hasArmBf16, Func<DeviceSpec?> findBf16Device)
    {
        if (features.Count == 0)
            return null;
        if (hasArmBf16)
            return "--precision bf16";
        // Without AMX, OpenVINO was slower in bf16 than in fp32 where it was measured.
        return features.Contains(ProcessorFeatures.Amx) && findBf16Device() is { } device
            ? $"--precision bf16 --device {device}"
            : "--precision int8";
    }

    private DeviceSpec? FindBf16Device()
    {
        var options = inference.Value;
        foreach (var name in options.Providers.Keys)
        {
            var device = DeviceSpec.OfPlugin(name, OrtHardwareDeviceType.CPU);
            try
            {
                // Other plug-ins than OpenVINO's have no bf16.
                ExecutionDevice.Resolve(options.For("", device, Precision.Bf16));
                return device;
            }
            catch (ClipException exception)
            {
                logger.ProviderNotFaster(name, exception.Message);
            }
        }

        return null;
    }
}
