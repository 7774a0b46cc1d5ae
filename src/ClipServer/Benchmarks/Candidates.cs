using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>The ways to run a model that this program and this machine have.</summary>
/// <param name="Available">The default first.</param>
/// <param name="Refused">Providers that cannot be used, with the reason.</param>
internal sealed record Candidates(
    IReadOnlyList<Candidate> Available, IReadOnlyList<(Candidate Candidate, string Reason)> Refused)
{
    /// <param name="options">With the plug-in providers.</param>
    public static Candidates Find(InferenceOptions options)
    {
        var devices = new List<DeviceSpec> { DeviceSpec.Cpu };
        var refused = new List<(Candidate, string)>();
        OrtEnvironment.EnsureCreated(options.Telemetry);
        if (OrtEnvironment.HasCuda)
            devices.Add(DeviceSpec.Cuda);
        foreach ((var name, var path) in options.Providers)
        {
            try
            {
                devices.AddRange(DevicesOf(name, path, options.Telemetry));
            }
            catch (ClipException exception)
            {
                refused.Add((Candidate.Default with { Device = DeviceSpec.OfPlugin(name) }, exception.Message));
            }
        }

        var all = from device in devices
                  from precision in Enum.GetValues<Precision>()
                  let candidate = new Candidate(device, precision)
                  where IsSupported(candidate, options)
                  select candidate;
        return new Candidates([.. all], refused);
    }

    private static IEnumerable<DeviceSpec> DevicesOf(string plugin, string path, bool telemetry) =>
        PluginProviders.Load(plugin, path, telemetry).GroupBy(device => device.HardwareDevice.Type)
            .SelectMany(kind => kind.Select((_, index) => DeviceSpec.OfPlugin(plugin, kind.Key, index)));

    private static bool IsSupported(Candidate candidate, InferenceOptions options)
    {
        try
        {
            ExecutionDevice.Resolve(options.For("", candidate.Device, candidate.Precision));
            return true;
        }
        catch (ClipException)
        {
            // The device does not have this precision, which is a fact and not a failure.
            return false;
        }
    }
}
