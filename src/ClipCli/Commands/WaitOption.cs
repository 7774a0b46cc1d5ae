using System.CommandLine;

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
        _wait.RequireSeconds(most: 86_400);
        command.Add(_wait);
    }

    public TimeSpan Read(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(_wait));
}
