using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary>The Hub and its cache as the surroundings of the command say.</summary>
internal static class HubSession
{
    /// <exception cref="ClipException">A variable of the environment cannot be used.</exception>
    public static HubOptions ReadOptions() => HubOptions.FromEnvironment(Environment.GetEnvironmentVariable);
}
