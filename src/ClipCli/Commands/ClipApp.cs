using System.CommandLine;
using System.CommandLine.Invocation;
using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.Cli.Commands;

/// <summary>The <c>clip</c> command: its commands, and what an error of any of them looks like.</summary>
internal static class ClipApp
{
    // The second name is for Windows, where the first one is a program of the system.
    private const string SecondName = "clipgrpc";

    /// <summary>What a user types to start this command.</summary>
    public static string Name { get; } = RootCommand.ExecutableName == SecondName ? SecondName : "clip";

    public static RootCommand CreateRootCommand(CliConsole console)
    {
        var root = new RootCommand("Classify, search and embed images and texts with a ClipGrpc server.")
        {
            new ClassifyCommand(console),
            new EmbedCommand(console),
            new MergeCommand(console),
            new RankCommand(console),
            new SearchCommand(console),
            new VideoCommand(console),
            new EvalCommand(console),
            new ModelsCommand(console),
            new LoadCommand(console),
            new UnloadCommand(console),
            new PsCommand(console),
            new PullCommand(console),
            new VerifyCommand(console),
            new RemoveCommand(console),
            new PruneCommand(console),
            new ConvertCommand(console),
            new HealthCommand(console),
            new BenchCommand(console),
            new DoctorCommand(console),
            new KeyCommand(console),
            new CompletionCommand(console),
        };
        HelpWithExamples.AddTo(root);
        SuggestWords.AddTo(root);
        return root;
    }

    /// <returns>The exit code; <see cref="ExitCode.Interrupted"/> after the token was cancelled.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, CliConsole console, CancellationToken cancellationToken = default)
    {
        try
        {
            var exitCode = await InvokeAsync(args, console, cancellationToken);
            await console.Out.FlushAsync(CancellationToken.None);
            return exitCode;
        }
        catch (OutputException exception) when (exception.IsClosedPipe)
        {
            return ExitCode.ClosedPipe;
        }
        catch (OutputException exception)
        {
            await console.Error.WriteLineAsync($"clip: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    private static async Task<int> InvokeAsync(
        IReadOnlyList<string> args, CliConsole console, CancellationToken cancellationToken)
    {
        // A text or label may begin with @, so there are no response files.
        var parsed = CreateRootCommand(console).Parse(
            args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            await console.Error.WriteLineAsync($"clip: {UsageError.Describe(parsed)}");
            return ExitCode.WrongUse;
        }

        var invocation = new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
            // Signals are the program's, which passes them on as the token.
            ProcessTerminationTimeout = null,
        };
        try
        {
            // A command without a token, such as one that waits for a key, is left alone where it is.
            return parsed.Action is SynchronousCommandLineAction
                ? await Task.Run(() => parsed.Invoke(invocation), cancellationToken).WaitAsync(cancellationToken)
                : await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception exception) when (exception is not OutputException && cancellationToken.IsCancellationRequested)
        {
            await console.Error.WriteLineAsync("clip: interrupted.");
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (Explain(exception) is { } explanation)
        {
            await console.Error.WriteLineAsync($"clip: {explanation.Message}");
            return explanation.ExitCode;
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
        OutputException => null,
        IOException e => new CliException(ExitCode.Failure, e.Message, e),
        _ => null,
    };
}
