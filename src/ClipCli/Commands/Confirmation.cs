using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--yes</c>, or the question that it spares.</summary>
internal sealed class Confirmation
{
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Remove without confirmation." };

    public Confirmation(Command command) => command.Add(_yes);

    /// <exception cref="CliException">There is nobody to ask.</exception>
    public bool Get(ParseResult parsed, CliConsole console, string question)
    {
        if (parsed.GetValue(_yes))
            return true;
        if (!console.InIsTerminal)
            throw CliException.WrongUse("nothing was removed: confirmation requires a terminal. Use --yes to skip it.");

        console.Error.Write($"{question} [y/N] ");
        return console.In.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
