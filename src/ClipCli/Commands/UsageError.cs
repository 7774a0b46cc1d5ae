using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary>What is wrong with a command line, in one line, and the command to type for help.</summary>
internal static class UsageError
{
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var isVerb = command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count > 0;
        var problem = isVerb
            ? $"'{parsed.UnmatchedTokens[0]}' is not a command."
            : parsed.Errors[0].Message.ReplaceLineEndings(" ");
        return $"{problem}{Environment.NewLine}Try '{NameOf(command)} --help'.";
    }

    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{NameOf(parent)} {command.Name}"
            : "clip";
}
