using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// The plug-in execution providers of this process. The runtime has one list of them for the process: a library is
/// registered when it is first needed and stays, whatever models come and go.
/// </summary>
internal static class PluginProviders
{
    // What the runtime adds to each device's metadata.
    private const string LibraryPath = "library_path";

    private static readonly Lock SyncLock = new();
    private static readonly Dictionary<string, Registration> Registered = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The devices that a plug-in offers, processors first.</summary>
    /// <param name="name">What this server calls it.</param>
    /// <param name="path">Of its library.</param>
    /// <param name="telemetry">As of <see cref="OrtEnvironment.EnsureCreated"/>.</param>
    /// <exception cref="ClipException">
    /// No such file, the runtime cannot use it, or it has no device here.
    /// </exception>
    public static IReadOnlyList<OrtEpDevice> Load(string name, string path, bool telemetry)
    {
        path = Path.GetFullPath(path);
        lock (SyncLock)
        {
            if (!Registered.TryGetValue(name, out var registration))
            {
                registration = Registered.Values.FirstOrDefault(other => other.Path == path)
                    ?? new Registration(path, Register(name, path, telemetry));
                Registered.Add(name, registration);
            }

            if (registration.Path != path)
            {
                throw new ClipException(
                    ClipErrorReason.InvalidSetting,
                    $"Provider {name}: this process has loaded it from {registration.Path} and cannot load it from "
                    + $"{path} as well. Restart the server, or give the other library another name.");
            }

            if (registration.Devices.Count == 0)
            {
                throw new ClipException(
                    ClipErrorReason.InvalidSetting,
                    $"Provider {name}: {path} has no device on this machine (processor: {ProcessorFeatures.Model}). "
                    + "A provider supports the hardware of its maker; OpenVINO's supports Intel's.");
            }

            return registration.Devices;
        }
    }

    /// <summary>Human-readable: <c>cpu (Intel(R) Xeon(R) Processor)</c>.</summary>
    public static string Describe(OrtEpDevice device)
    {
        var kind = DeviceSpec.NameOf(device.HardwareDevice.Type);
        var known = device.EpMetadata.Entries;
        return known.TryGetValue("FULL_DEVICE_NAME", out var full) ? $"{kind} ({full})"
            : $"{kind} ({device.HardwareDevice.Vendor})";
    }

    private static OrtEpDevice[] Register(string name, string path, bool telemetry)
    {
        if (!File.Exists(path))
        {
            throw new ClipException(
                ClipErrorReason.InvalidSetting,
                $"Provider {name}: the file {path} does not exist. Set the library of an execution provider: "
                + $"--provider {name}=PATH.");
        }

        OrtEnvironment.EnsureCreated(telemetry);
        var environment = OrtEnv.Instance();
        try
        {
            environment.RegisterExecutionProviderLibrary(name, path);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(
                ClipErrorReason.InvalidSetting,
                $"Provider {name}: {path} is not an execution provider that this ONNX Runtime "
                + $"({environment.GetVersionString()}) can load. The runtime reports: {exception.Message.Trim()}");
        }

        return
        [
            .. environment.GetEpDevices()
                .Where(device => device.EpMetadata.Entries.GetValueOrDefault(LibraryPath) == path)
                .Where(device => !device.EpName.Contains('.')) // A choice between devices, such as AUTO, is not one.
                .OrderBy(device => device.HardwareDevice.Type),
        ];
    }

    private sealed record Registration(string Path, IReadOnlyList<OrtEpDevice> Devices);
}
