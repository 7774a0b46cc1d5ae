using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// Where a model is to run: <c>cpu</c>, <c>cuda</c>, or <c>PROVIDER[:cpu|gpu|npu[:INDEX]]</c> for a device of a plug-in
/// execution provider.
/// </summary>
/// <param name="Plugin">The name that the plug-in was given; null: the runtime's own provider.</param>
/// <param name="Hardware">The kind of device; null: the first that the plug-in has, processors before others.</param>
/// <param name="Index">Among the plug-in's devices of that kind; from 0.</param>
internal sealed record DeviceSpec(DeviceKind Kind, string? Plugin, OrtHardwareDeviceType? Hardware, int Index)
{
    public const string Forms = "cpu, cuda or PROVIDER[:cpu|gpu|npu[:INDEX]]";

    private const int MaxIndex = 63;
    private const string CpuName = "cpu";
    private const string CudaName = "cuda";

    public static DeviceSpec Cpu { get; } = new(DeviceKind.Cpu, null, null, 0);

    public static DeviceSpec Cuda { get; } = new(DeviceKind.Cuda, null, null, 0);

    /// <summary>A device of a plug-in; see the record's parameters.</summary>
    public static DeviceSpec OfPlugin(string plugin, OrtHardwareDeviceType? hardware = null, int index = 0) =>
        new(DeviceKind.Plugin, plugin, hardware, index);

    /// <summary>Whether a plug-in may have this name: it stands before a colon, and must not be a built-in device.
    /// </summary>
    public static bool IsPluginName(string name) =>
        name is { Length: > 0 and <= 32 } && char.IsAsciiLetter(name[0])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
        && !Is(name, CpuName) && !Is(name, CudaName);

    public static bool TryParse(string text, [NotNullWhen(true)] out DeviceSpec? device)
    {
        var parts = text.Trim().Split(':');
        device = parts switch
        {
            [var name] when Is(name, CpuName) => Cpu,
            [var name] when Is(name, CudaName) => Cuda,
            [var name] when IsPluginName(name) => OfPlugin(name),
            [var name, var kind] when IsPluginName(name) && TryReadHardware(kind, out var hardware) =>
                OfPlugin(name, hardware),
            [var name, var kind, var number] when IsPluginName(name) && TryReadHardware(kind, out var hardware)
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index <= MaxIndex => OfPlugin(name, hardware, index),
            _ => null,
        };
        return device is not null;
    }

    public override string ToString()
    {
        if (Kind != DeviceKind.Plugin)
            return Kind == DeviceKind.Cuda ? CudaName : CpuName;
        if (Hardware is not { } hardware)
            return Plugin!;

        var kind = NameOf(hardware);
        var index = Index == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $":{Index}");
        return $"{Plugin}:{kind}{index}";
    }

    /// <summary>As it stands in a device's name.</summary>
    public static string NameOf(OrtHardwareDeviceType hardware) => hardware.ToString().ToLowerInvariant();

    private static bool TryReadHardware(string text, out OrtHardwareDeviceType hardware)
    {
        foreach (var kind in Enum.GetValues<OrtHardwareDeviceType>())
        {
            if (!Is(text, NameOf(kind)))
                continue;
            hardware = kind;
            return true;
        }

        hardware = default;
        return false;
    }

    private static bool Is(string text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
