using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ClipGrpc.Cli.Commands;

/// <summary>An option with numbers between commas.</summary>
internal static class NumberList
{
    public static Option<T[]> Create<T>(string name, string description, T max, params T[] defaults)
        where T : INumber<T> => new(name)
        {
            HelpName = "N,N,...",
            Description = description,
            DefaultValueFactory = _ => defaults,
            CustomParser = result => Parse(result, name, max),
        };

    private static T[] Parse<T>(ArgumentResult result, string name, T max)
        where T : INumber<T>
    {
        var numbers = new List<T>();
        foreach (var part in result.Tokens[0].Value.Split(','))
        {
            if (T.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number > T.Zero && number <= max)
            {
                numbers.Add(number);
                continue;
            }

            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"{name}: \"{part}\" is not a number above 0 and up to {max}."));
            return [];
        }

        return [.. numbers.Distinct()];
    }
}
