using System.Reflection;

namespace ClipGrpc.Server.Hosting;

internal static class ServerVersion
{
    /// <summary>The server's version, as 1.2.3.</summary>
    public static string Text { get; } =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
