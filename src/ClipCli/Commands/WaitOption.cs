using System.CommandLine;
using System.Globalization;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--wait SECONDS</c>, for what takes longer than a call.</summary>
internal sealed class WaitOption
{
    public const string Name = "--wait";

    private const double DefaultSeconds = 600;

    private readonly Option<double> _wait = new(Name)
    {
        HelpName = "SECONDS",
        DefaultValueFactory = _ => DefaultSeconds,
    };

    public WaitOption(Command command, string description)
    {
        _wait.Description = description;
        _wait.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var seconds)
                && seconds is not (> 0 and <= 86_400))
            {
                result.AddError($"{Name} must be more than 0 and at most 86400 seconds.");
            }
        });
        command.Add(_wait);
    }

    public TimeSpan Read(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(_wait));
}
