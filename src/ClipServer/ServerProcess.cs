using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Benchmarks;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Server;

/// <summary>The command line, and the server that it asks for.</summary>
internal static class ServerProcess
{
    public static async Task<int> RunAsync(string[] args)
    {
        RuntimeTelemetry.Disable();
        NativeHeap.Bound();
        var commandLine = ServerCommandLine.Parse(
            args, Console.Out, Console.Error, new BenchmarkCommand(ServerHost.CreateServices),
            new CandidateCommand(ServerHost.CreateServices));
        return commandLine.ExitCode ?? await ServerHost.RunAsync(commandLine.Settings, Console.Error);
    }
}
