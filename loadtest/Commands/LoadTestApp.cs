using System.CommandLine;
using System.CommandLine.Invocation;
using ClipGrpc.Server.Configuration;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>The <c>loadtest</c> program: its commands, and what an error of any of them looks like.</summary>
internal static class LoadTestApp
{
    private const int Failure = 1;
    private const int WrongUse = 2;

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var root = new RootCommand("Measures a ClipGrpc server, and makes what it is measured with.")
        {
            new MakeDataCommand(),
            new MakeModelCommand(),
            new RunCommand(),
            new RawCommand(),
            new PrepareCommand(),
            new StartupCommand(),
            new CompareCommand(),
            new AttackCommand(),
            new DeadlinesCommand(),
            new SoakCommand(),
            new CamerasCommand(),
            new ParityCommand(),
            new PlacementCommand(),
            new SweepCommand(),
            new ServeCommand(),
        };
        var parsed = root.Parse(args);
        try
        {
            var exitCode = await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return parsed.Action is ParseErrorAction ? WrongUse : exitCode;
        }
        catch (Exception exception) when (exception is LoadTestException or ClipException or IOException or RpcException
            or UnauthorizedAccessException or OperationCanceledException or ConfigurationException)
        {
            await Console.Error.WriteLineAsync($"loadtest: {exception.Message}");
            return Failure;
        }
    }
}
