using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary>What is wrong with a command line, in one line, and the command to type for help.</summary>
internal static class UsageError
{
    private const int MostEdits = 2;

    private const StringSplitOptions SplitOptions =
        StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    // Lists of words are indented lines.
    private static readonly char[] Breaks = ['\r', '\n', '\t'];

    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var isVerb = command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count > 0;
        var problem = isVerb
            ? $"'{parsed.UnmatchedTokens[0]}' is not a command.{Suggest(command, parsed.UnmatchedTokens[0])}"
            : string.Join(' ', parsed.Errors[0].Message.Split(Breaks, SplitOptions));
        return $"{problem}{Environment.NewLine}Try '{NameOf(command)} --help'.";
    }

    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{NameOf(parent)} {command.Name}"
            : ClipApp.Name;

    private static string Suggest(Command command, string word)
    {
        var closest = command.Subcommands.MinBy(other => Distance(word, other.Name))!.Name;
        return Distance(word, closest) <= MostEdits ? $" Did you mean '{closest}'?" : "";
    }

    /// <summary>Letters to insert, remove or replace (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
