using System.Runtime.InteropServices;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// ONNX Runtime's own telemetry: a device id and an event queue in the user's cache folder, and a collector that it
/// connects to. Off unless the operator allows it. The runtime reads an environment variable when its library loads,
/// and reads the native environment, which .NET does not write to on Unix; neither its API nor a later change stops it.
/// </summary>
internal static partial class RuntimeTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>
    /// Call it first in every program that runs models: before other threads read the environment, and before the
    /// runtime's library loads.
    /// </summary>
    public static void Disable()
    {
        // A value that the process was started with, whatever it is, is the operator's.
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Set("1");
    }

    /// <summary>The operator asked for it. Without effect once the library is loaded.</summary>
    public static void Allow() => Set(null);

    private static void Set(string? value)
    {
        Environment.SetEnvironmentVariable(Variable, value);
        if (OperatingSystem.IsWindows())
            return; // There both environments are one.

        var failed = value is null ? UnsetNative(Variable) : SetNative(Variable, value, overwrite: 1);
        if (failed != 0)
            throw new InvalidOperationException($"{Variable} cannot be set: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNative(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetNative(string name);
}
