using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ClipGrpc.Cli.Commands;

/// <summary>An option with numbers between commas, each above 0.</summary>
internal sealed class NumberListOption<T>
    where T : INumber<T>
{
    private readonly Option<string> _option;
    private readonly T _max;

    /// <param name="defaults">As it would be written; empty: none.</param>
    public NumberListOption(string name, string description, T max, string defaults)
    {
        _max = max;
        _option = new Option<string>(name) { HelpName = "N,N,...", Description = description };
        if (defaults.Length > 0)
            _option.DefaultValueFactory = _ => defaults;
        _option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Parts(token.Value).FirstOrDefault(part => !IsValid(part)) is { } wrong)
            {
                result.AddError(string.Create(
                    CultureInfo.InvariantCulture, $"{name}: \"{wrong}\" is not a number above 0 and up to {_max}."));
            }
        });
    }

    public void AddTo(Command command) => command.Add(_option);

    /// <summary>Each number once, in the order given.</summary>
    public T[] Read(ParseResult parsed) =>
        [.. Parts(parsed.GetValue(_option) ?? "").Select(Parse).Distinct()];

    public bool IsGiven(CommandResult result) => result.GetResult(_option) is not null;

    private static IEnumerable<string> Parts(string list) => list.Length == 0 ? [] : list.Split(',');

    private static T Parse(string part) => T.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture);

    private bool IsValid(string part) =>
        T.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && number > T.Zero && number <= _max;
}
