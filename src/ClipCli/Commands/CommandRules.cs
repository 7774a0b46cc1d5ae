using System.CommandLine;
using System.CommandLine.Parsing;

namespace ClipGrpc.Cli.Commands;

/// <summary>Checks of options against each other.</summary>
internal static class CommandRules
{
    /// <param name="rule">Adds an error to the result of the command where options do not go together.</param>
    public static void AddRule(this Command command, Action<CommandResult> rule) => command.Validators.Add(result =>
    {
        try
        {
            rule(result);
        }
        catch (InvalidOperationException)
        {
            // An option without its value or with a wrong one: the parser reports that by itself.
        }
    });
}
