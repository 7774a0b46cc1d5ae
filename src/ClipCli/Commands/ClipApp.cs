using System.CommandLine;
using System.CommandLine.Invocation;
using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.Cli.Commands;

/// <summary>The <c>clip</c> command: its commands, and what an error of any of them looks like.</summary>
internal static class ClipApp
{
    public static RootCommand CreateRootCommand(CliConsole console) => new(
        "Classify and embed images and texts with a ClipGrpc server.")
    {
        new ClassifyCommand(console),
        new EmbedCommand(console),
        new VideoCommand(console),
        new EvalCommand(console),
        new ModelsCommand(console),
        new PullCommand(console),
        new VerifyCommand(console),
        new ConvertCommand(console),
        new HealthCommand(console),
        new KeyCommand(console),
    };

    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, CliConsole console, CancellationToken cancellationToken = default)
    {
        var parsed = CreateRootCommand(console).Parse(args);
        var invocation = new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            var exitCode = await parsed.InvokeAsync(invocation, cancellationToken);
            return parsed.Action is ParseErrorAction ? ExitCode.WrongUse : exitCode;
        }
        catch (Exception exception) when (Explain(exception) is { } explanation)
        {
            await console.Error.WriteLineAsync($"clip: {explanation.Message}");
            return explanation.ExitCode;
        }
        finally
        {
            await console.Out.FlushAsync(CancellationToken.None);
        }
    }

    private static CliException? Explain(Exception exception) => exception switch
    {
        CliException e => e,
        ClipClientException { StatusCode: StatusCode.NotFound or StatusCode.InvalidArgument } e =>
            CliException.WrongUse(e.Message, e),
        ClipClientException e =>
            new CliException(ExitCode.Failure, $"{FlagNames.InCall(e.Message)} ({e.StatusCode})", e),
        ClipException { Code: ClipErrorCode.NotFound or ClipErrorCode.InvalidInput } e =>
            CliException.WrongUse(e.Message, e),
        ClipException e => new CliException(ExitCode.Failure, e.Message, e),
        OperationCanceledException e => new CliException(ExitCode.Failure, "cancelled.", e),
        IOException e => new CliException(ExitCode.Failure, e.Message, e),
        _ => null,
    };
}
