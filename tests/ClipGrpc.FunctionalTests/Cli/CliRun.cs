using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;
using ClipGrpc.FunctionalTests.Client;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>One run of the command with captured writers.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public string[] OutLines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Task<CliRun> AtAsync(ScriptedServer server, params string[] args) =>
        RunAsync([.. args, "--server", server.Address]);

    public static Task<CliRun> RunAsync(params string[] args) => RunAsync(Stream.Null, args);

    /// <summary>With standard input.</summary>
    public static Task<CliRun> AtAsync(ScriptedServer server, byte[] input, params string[] args) =>
        RunAsync(new MemoryStream(input), [.. args, "--server", server.Address]);

    private static async Task<CliRun> RunAsync(Stream input, string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var console = new CliConsole(output, error, outIsTerminal: false, errorIsTerminal: false)
        {
            InBytes = new StandardInput(input),
        };
        var exitCode = await ClipApp.RunAsync(args, console, TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}
