using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ClipGrpc.Cli.Commands;

/// <summary>Checks of options, and of options against each other.</summary>
internal static class CommandRules
{
    /// <summary>Rejects values that break a rule. What is no value at all, the parser reports by itself.</summary>
    public static void Require<T>(this Option<T> option, Func<T, bool> rule, string message)
        where T : IParsable<T> => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && T.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
            && !rule(value))
        {
            result.AddError($"{option.Name} {message}");
        }
    });

    /// <summary>Rejects times that are not above 0, or longer than so many seconds.</summary>
    public static void RequireSeconds(this Option<double> option, double most) => option.Require(
        seconds => seconds > 0 && seconds <= most, $"must be more than 0 and at most {most} seconds.");

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
