using System.Diagnostics;
using System.Reflection;

namespace ClipGrpc.Server.Hosting;

/// <summary>Starts the running program once more, by its apphost or the dotnet host.</summary>
internal static class ThisProgram
{
    private const string DotnetHost = "dotnet";

    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        var host = Environment.ProcessPath ?? DotnetHost;
        var start = new ProcessStartInfo(host);
        if (Path.GetFileNameWithoutExtension(host) == DotnetHost)
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
